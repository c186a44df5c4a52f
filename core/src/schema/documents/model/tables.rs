//! The tables: aggregates, commands, events, projections.

use super::markdown::{code, prose, table};
use super::{notation, section};
use crate::schema::documents::{aggregates, text};
use crate::schema::{
    AggregateSchema, CommandSchema, Description, Docs, EventSchema, HeardSchema, ProjectionSchema,
    SagaSchema, SentSchema, Shape, SnapshotSchema, TagSchema,
};

/// Every table that has rows, each in a section of its own.
pub(super) fn all(description: &Description) -> String {
    let sections = [
        (
            "Aggregates",
            &["Aggregate", BOUNDARY, "Snapshot", "What it is"][..],
            aggregate_rows(description),
        ),
        (
            "Commands",
            &["Command", "Sent to", "Fields", TAGS, "What it asks for"],
            commands(description),
        ),
        (
            "Events",
            &["Event", "Version", "Written by", "Fields", TAGS, "What happened"],
            events(description),
        ),
        (
            "Sagas",
            &["Saga", "Version", "Begins with", "Hears", "Sends", "State", "What it leads"],
            sagas(description),
        ),
        (
            "Projections",
            &["Projection", "Version", "Follows", "Columns", "Row", "What it shows"],
            projections(description),
        ),
    ];
    let filled = sections.into_iter().filter(|(_, _, rows)| !rows.is_empty());
    filled
        .map(|(heading, heads, rows)| {
            let (heads, rows) = without_unused(heads, rows);
            section(heading, &table(&heads, &rows))
        })
        .collect()
}

const BOUNDARY: &str = "Boundary";
const TAGS: &str = "Tags";

/// Most apps have neither tags nor boundaries: columns of these that say nothing are left out.
fn without_unused(heads: &[&'static str], mut rows: Rows) -> (Vec<&'static str>, Rows) {
    let says = |(place, head): &(usize, &&str)| {
        let is_said = |row: &Vec<String>| row.get(*place).is_some_and(|cell| *cell != none());
        ![BOUNDARY, TAGS].contains(*head) || rows.iter().any(is_said)
    };
    let used: Vec<_> = heads.iter().enumerate().filter(says).map(|(place, _)| place).collect();
    for row in &mut rows {
        *row = used.iter().filter_map(|place| row.get(*place).cloned()).collect();
    }
    (used.iter().filter_map(|place| heads.get(*place).copied()).collect(), rows)
}

type Rows = Vec<Vec<String>>;

fn aggregate_rows(description: &Description) -> Rows {
    let row = |aggregate: &AggregateSchema| {
        vec![
            code(aggregate.name),
            lines(aggregate.boundary.iter().map(|tag| code(tag))),
            aggregate.snapshot.as_ref().map_or_else(none, kept),
            about(&aggregate.docs),
        ]
    };
    aggregates(description).into_iter().map(row).collect()
}

fn kept(snapshot: &SnapshotSchema) -> String {
    match snapshot.every {
        1 => "every event".to_owned(),
        every => format!("every {every} events"),
    }
}

fn commands(description: &Description) -> Rows {
    let row = |command: &CommandSchema| {
        let takes = |aggregate: &AggregateSchema| {
            aggregate.commands.iter().any(|taken| taken.name == command.name)
        };
        vec![
            code(command.name),
            if aggregates(description).into_iter().any(takes) {
                those_that(description, takes)
            } else {
                "a step".to_owned()
            },
            fields(&command.fields, &command.docs),
            tags(&command.tags),
            about(&command.docs),
        ]
    };
    description.all_commands().into_iter().map(row).collect()
}

fn events(description: &Description) -> Rows {
    let row = |event: &EventSchema| {
        let writes = |aggregate: &AggregateSchema| aggregate.writes(event.name);
        vec![
            event_name(event),
            event.version.to_string(),
            those_that(description, writes),
            fields(&event.fields, &event.docs),
            tags(&event.tags),
            about(&event.docs),
        ]
    };
    description.events().into_iter().map(row).collect()
}

fn event_name(event: &EventSchema) -> String {
    let mut was = event.was.clone();
    was.sort_unstable();
    let before = was.into_iter().map(|was| format!("was {}", code(was)));
    lines(std::iter::once(code(event.name)).chain(before))
}

fn sagas(description: &Description) -> Rows {
    let row = |saga: &SagaSchema| {
        let (begins, hears): (Vec<_>, Vec<_>) = saga.hears.iter().partition(|heard| heard.starts);
        vec![
            code(saga.name),
            saga.version.to_string(),
            heard(&begins),
            heard(&hears),
            sorted(saga.sends.iter().map(|sent| (sent.command.name, said_of(sent)))),
            fields(&saga.state, &saga.docs),
            about(&saga.docs),
        ]
    };
    description.processes().into_iter().map(row).collect()
}

fn heard(events: &[&HeardSchema]) -> String {
    sorted(events.iter().map(|heard| (heard.event.name, code(heard.event.name))))
}

fn said_of(sent: &SentSchema) -> String {
    let to = sent.aggregate.map_or_else(|| "a step".to_owned(), code);
    let answered = if sent.answered { ", takes the answer" } else { "" };
    format!("{} to {to}{answered}", code(sent.command.name))
}

/// By name: in which order they are listed is of no interest to a reader.
fn sorted<'a>(items: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut items: Vec<_> = items.collect();
    items.sort();
    lines(items.into_iter().map(|(_, item)| item))
}

fn projections(description: &Description) -> Rows {
    let mut projections: Vec<_> = description.projections.iter().collect();
    projections.sort_by_key(|projection| projection.name);
    let row = |projection: &ProjectionSchema| {
        vec![
            code(projection.name),
            projection.version.to_string(),
            follows(description, projection),
            lines(projection.columns.iter().map(|column| code(&column.to_string()))),
            fields(&projection.row, &projection.docs),
            about(&projection.docs),
        ]
    };
    projections.into_iter().map(row).collect()
}

/// Names of events; those of an aggregate that is followed as a whole are put in one word.
fn follows(description: &Description, projection: &ProjectionSchema) -> String {
    let mut left: Vec<_> = projection.follows.iter().map(|event| event.name).collect();
    left.sort_unstable();
    left.dedup();
    let follows = |event: &EventSchema| projection.follows.iter().any(|f| f.name == event.name);
    let mut shown = Vec::new();
    for aggregate in aggregates(description) {
        if aggregate.events.len() > 1 && aggregate.events.iter().all(follows) {
            shown.push(format!("all of {}", code(aggregate.name)));
            left.retain(|name| !aggregate.writes(name));
        }
    }
    lines(shown.into_iter().chain(left.into_iter().map(code)))
}

fn those_that(description: &Description, test: impl Fn(&AggregateSchema) -> bool) -> String {
    let meant = aggregates(description).into_iter().filter(|aggregate| test(aggregate));
    lines(meant.map(|aggregate| code(aggregate.name)))
}

/// The fields in the order of the source, each with the first of what is said about it.
fn fields(shape: &Shape, docs: &Docs) -> String {
    let Shape::Object(object) = shape else { return code(&notation::notation(shape)) };
    let written = notation::fields(object);
    lines(object.fields.iter().zip(written).map(|(field, written)| {
        let doc = text::summary(text::field_doc(docs, &field.name));
        let dash = if doc.is_empty() { "" } else { " – " };
        format!("{}{dash}{}", code(&written), prose(&doc))
    }))
}

/// Each with its field, if that has another name.
fn tags(tags: &[TagSchema]) -> String {
    lines(tags.iter().map(|TagSchema { name, field }| {
        if field.is_empty() || field == name {
            code(name)
        } else {
            format!("{} of {}", code(name), code(field))
        }
    }))
}

fn about(docs: &Docs) -> String {
    prose(&text::summary(docs.item))
}

fn lines(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = cells.collect();
    if cells.is_empty() { none() } else { cells.join("<br>") }
}

fn none() -> String {
    "–".to_owned()
}
