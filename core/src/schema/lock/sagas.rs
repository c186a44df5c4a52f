//! The sagas of an app, and what breaks with them.
//!
//! The state of an instance that is under way has the form of the code that wrote it, and the stream that
//! it is in the name of the saga.

use super::block::{Block, Entry, Subject, is_name_char, quoted_name};
use super::breaks::{broken as broken_form, gone, single, unread};
use super::cursor::Cursor;
use super::form::Form;
use super::reading::obstacles;
use super::{Break, Fault, Rule, advice};
use crate::schema::{Description, SagaSchema};

/// What stands before the commands, on the first line of a saga that sends some.
const SENDS: &str = " sends ";

/// The commands that a saga of today sends: their order is nothing.
pub(super) fn sent_by(saga: &SagaSchema) -> Vec<String> {
    let mut sends: Vec<_> = saga.sends.iter().map(|sent| sent.command.name.to_owned()).collect();
    sends.sort();
    sends.dedup();
    sends
}

/// Reads the commands of a saga's first line, if there are any; nothing if they are damaged.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let mut sends = if cursor.eat(SENDS) { cursor.names(is_name_char)? } else { Vec::new() };
    sends.sort();
    Some(sends)
}

/// As on a saga's first line; empty if it sends nothing.
pub(super) fn shown(sends: &[String]) -> String {
    let names: Vec<_> = sends.iter().map(|name| quoted_name(name)).collect();
    if names.is_empty() { String::new() } else { format!("{SENDS}{}", names.join(", ")) }
}

/// The blocks of the versions before today's, as they were locked. What is said of the commands stands at
/// today's.
pub(super) fn past(lock: &[Entry], app: &Description) -> impl Iterator<Item = Block> {
    let past = |entry: &Entry| match &entry.subject {
        Subject::Saga { name, version } => {
            let saga = find(app, name)?;
            let block = Block::new(entry.subject.clone(), entry.form.lines.clone());
            let block = Block { unsampled: entry.unsampled, ..block };
            (*version < saga.version).then_some(block)
        }
        _ => None,
    };
    lock.iter().filter_map(past)
}

fn find<'a>(app: &'a Description, name: &str) -> Option<&'a SagaSchema> {
    app.sagas.iter().find(|saga| saga.name == name)
}

/// What breaks with one version of a saga.
pub(super) fn broken(
    entry: &Entry,
    (name, version): (&str, u32),
    lock: &[Entry],
    app: &Description,
) -> Option<Break> {
    let Some(saga) = find(app, name) else {
        // It is gone once, in however many versions.
        let is_newest = lock.iter().all(|other| match &other.subject {
            Subject::Saga { name: same, version: other } => same != name || *other <= version,
            _ => true,
        });
        let gone = || gone(entry, Rule::RemovedSaga, advice::removed_saga(name));
        return is_newest.then(gone);
    };
    dropped(entry, saga).or_else(|| broken_state(entry, version, saga))
}

fn dropped(entry: &Entry, saga: &SagaSchema) -> Option<Break> {
    let sends = sent_by(saga);
    let dropped: Vec<_> = entry.sends.iter().filter(|command| !sends.contains(command)).collect();
    let fault = |command: &&String| Fault {
        rule: Rule::DroppedCommand,
        line: entry.head,
        what: format!("it does not send {command} any more"),
    };
    let faults: Vec<_> = dropped.iter().map(fault).collect();
    let commands: Vec<_> = dropped.iter().map(|command| command.as_str()).collect();
    let advice = advice::dropped_command(&commands.join(", "));
    let subject = entry.subject.clone();
    (!faults.is_empty()).then_some(Break { subject, faults, advice })
}

fn broken_state(entry: &Entry, version: u32, saga: &SagaSchema) -> Option<Break> {
    if version > saga.version {
        let what = format!("the version of today is {}", saga.version);
        return Some(single(entry, Rule::LoweredVersion, what, advice::lowered_saga(version)));
    }
    if version < saga.version {
        return unread(entry, saga.read, saga.name, version, ", by way of its upcasters,");
    }
    let obstacles = obstacles(&entry.form, &Form::of(&saga.state));
    broken_form(entry, obstacles, |obstacles| advice::changed_state(saga.name, version, obstacles))
        .or_else(|| unread(entry, saga.read, saga.name, version, ""))
}
