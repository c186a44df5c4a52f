//! What an update writes.

use std::cmp::Ordering;

use super::block::{Block, Entry};
use super::family::{Member, families};
use super::sagas;
use super::today::{Events, others};
use crate::schema::Description;

/// The blocks of today, and those of the versions before as they were locked; sorted.
pub(super) fn update(lock: &[Entry], app: &Description) -> Vec<Block> {
    let events = Events::of(app);
    let mut blocks = others(app, lock);
    blocks.extend(events.iter().map(|event| event.block(lock)));
    let past = past(lock, &events);
    for event in events.iter() {
        let kept = |version| {
            past.iter().any(|past| past.event == event.schema.name && past.version == version)
        };
        let unknown = event.schema.past.iter().map(|past| past.version);
        blocks.extend(unknown.filter(|v| !kept(*v)).map(|v| event.past_block(v, lock)));
    }
    blocks.extend(past.into_iter().map(|past| past.block));
    blocks.extend(sagas::past(lock, app));
    blocks.sort_by(by_subject);
    blocks.dedup_by(|one, other| one.subject == other.subject);
    blocks
}

fn by_subject(one: &Block, other: &Block) -> Ordering {
    one.subject.cmp(&other.subject)
}

/// The form of an event in a version before today's.
struct Past<'a> {
    /// The name of today.
    event: &'a str,
    version: u32,
    block: Block,
}

fn past<'a>(lock: &[Entry], events: &Events<'a>) -> Vec<Past<'a>> {
    let past = |member: &Member<'_>| {
        let event = events.reader(member.name)?;
        // What is said of its name stands at the block of today.
        let entry = member.entry;
        let block = Block::new(entry.subject.clone(), entry.form.lines.clone());
        let block = Block { unsampled: entry.unsampled, ..block };
        (member.version < event.schema.version).then_some(Past {
            event: event.schema.name,
            version: member.version,
            block,
        })
    };
    families(lock).iter().flat_map(|family| &family.members).filter_map(past).collect()
}
