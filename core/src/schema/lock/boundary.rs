//! The boundaries of aggregates, and what breaks with them.

use super::block::{Entry, is_name_char, quoted_name};
use super::cursor::Cursor;
use super::{Break, Fault, Rule, advice};
use crate::schema::AggregateSchema;

/// What stands before the tags of a boundary, on the first line of an aggregate that has one.
const BOUNDARY: &str = " boundary ";

/// The tags of a boundary of today, in their order.
pub(super) fn of_aggregate(aggregate: &AggregateSchema) -> Vec<String> {
    aggregate.boundary.iter().map(|tag| (*tag).to_owned()).collect()
}

/// Reads the boundary of an aggregate's first line, if it has one; nothing if it is damaged.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    if cursor.eat(BOUNDARY) { cursor.names(is_name_char) } else { Some(Vec::new()) }
}

/// As on an aggregate's first line; empty if it has no boundary.
pub(super) fn shown(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!("{BOUNDARY}{}", listed(tags)) }
}

fn listed(tags: &[String]) -> String {
    let tags: Vec<_> = tags.iter().map(|tag| quoted_name(tag)).collect();
    tags.join(", ")
}

/// What breaks if the boundary is not the one that is locked.
pub(super) fn changed(entry: &Entry, name: &str, aggregate: &AggregateSchema) -> Option<Break> {
    let today = of_aggregate(aggregate);
    if today == entry.boundary {
        return None;
    }
    let (was, is) = (&entry.boundary, &today);
    let what = match (was.as_slice(), is.as_slice()) {
        ([], _) => format!("it was one stream, and is the boundary {} now", listed(is)),
        (_, []) => format!("it was the boundary {}, and is one stream now", listed(was)),
        _ => format!("it was the boundary {}, and is {} now", listed(was), listed(is)),
    };
    let faults = vec![Fault { rule: Rule::ChangedBoundary, line: entry.head, what }];
    let advice = advice::changed_boundary(name, was, is);
    Some(Break { subject: entry.subject.clone(), faults, advice })
}
