//! The tags that events carry, and what breaks with them.
//!
//! A stored event keeps the tags that it was written with: no upcaster changes them.

use std::fmt;

use super::block::{is_name_char, quoted_name};
use super::cursor::Cursor;
use super::family::Member;
use super::today::Known;
use super::{Break, Fault, Rule, advice};
use crate::schema::describe::same_field;
use crate::schema::{EventSchema, Shape, TagSchema};

/// What stands before the tags, on the first line of an event that carries some.
const TAGS: &str = " tags ";

/// What stands between a tag and its field, if that has another name.
const OF: &str = " of ";

/// A tag, and the field that holds its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FieldTag {
    pub(super) name: String,
    pub(super) field: String,
}

impl FieldTag {
    fn of(tag: &TagSchema) -> Self {
        let field = if tag.field.is_empty() { tag.name } else { tag.field };
        Self { name: tag.name.to_owned(), field: field.to_owned() }
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let name = cursor.name(is_name_char)?;
        let field = if cursor.eat(OF) { cursor.name(is_name_char)? } else { name.clone() };
        Some(Self { name, field })
    }
}

/// `student`, or `student of pupil`.
impl fmt::Display for FieldTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", quoted_name(&self.name))?;
        if self.name == self.field { Ok(()) } else { write!(f, "{OF}{}", quoted_name(&self.field)) }
    }
}

/// The tags of an event of today: their order is nothing.
pub(super) fn of_event(event: &EventSchema) -> Vec<FieldTag> {
    let mut tags: Vec<_> = event.tags.iter().map(FieldTag::of).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// Reads the tags of an event's first line, if there are any; nothing if they are damaged.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Vec<FieldTag>> {
    let mut tags = Vec::new();
    if cursor.eat(TAGS) {
        tags.push(FieldTag::read(cursor)?);
        while cursor.eat(", ") {
            tags.push(FieldTag::read(cursor)?);
        }
    }
    tags.sort();
    Some(tags)
}

/// As on an event's first line; empty if there are none.
pub(super) fn shown(tags: &[FieldTag]) -> String {
    let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
    if tags.is_empty() { String::new() } else { format!("{TAGS}{}", tags.join(", ")) }
}

/// What breaks with the tags of an event, whose newest form is locked with some.
pub(super) fn breaks(newest: Member<'_>, event: &Known<'_>) -> impl Iterator<Item = Break> {
    let (gone, new) = changes(&newest.entry.tags, event);
    let broken = |rule, tags: &[FieldTag], what: &str, advice| {
        let fault = |FieldTag { name, field }: &FieldTag| Fault {
            rule,
            line: newest.entry.head,
            what: format!("the tag `{name}` of its field `{field}` is {what}"),
        };
        let faults: Vec<_> = tags.iter().map(fault).collect();
        let subject = newest.entry.subject.clone();
        (!faults.is_empty()).then_some(Break { subject, faults, advice })
    };
    let gone = broken(Rule::RemovedTag, &gone, "gone", advice::removed_tags(&gone));
    let new = broken(Rule::AddedTag, &new, "new", advice::added_tags(&new));
    gone.into_iter().chain(new)
}

/// The locked tags that are gone, and those of today that are new. A tag whose field has another name
/// now is neither.
fn changes(locked: &[FieldTag], event: &Known<'_>) -> (Vec<FieldTag>, Vec<FieldTag>) {
    let today = of_event(event.schema);
    let mut gone: Vec<_> = locked.iter().filter(|tag| !today.contains(tag)).cloned().collect();
    let mut new: Vec<_> = today.into_iter().filter(|tag| !locked.contains(tag)).collect();
    gone.retain(|old| {
        let is_it = |tag: &FieldTag| tag.name == old.name && reads(&event.schema.fields, old, tag);
        let renamed = new.iter().position(is_it);
        renamed.map(|place| new.remove(place)).is_none()
    });
    (gone, new)
}

/// Whether the field of today may be the one before, under another name: no other takes what is stored
/// under that. One that has a name of its own in JSON counts as such.
fn reads(fields: &Shape, old: &FieldTag, today: &FieldTag) -> bool {
    let Shape::Object(object) = fields else { return false };
    if !object.fields.iter().any(|field| same_field(&field.name, &today.field)) {
        return true;
    }
    let mut takes = object.fields.iter().filter(|field| {
        same_field(&field.name, &old.field)
            || field.aliases.iter().any(|alias| same_field(alias, &old.field))
    });
    takes.all(|field| same_field(&field.name, &today.field))
}
