use factum_core::StreamName;
use factum_core::store::{Mark, Page, StoreError};

use super::{Asked, Found, at_once, last, number};
use crate::entry;
use crate::hints::Place;
use crate::link::ReadFrom;
use crate::marks;
use crate::names;
use crate::shared::Shared;

/// How many events are looked at first for where a position lies in a stream; then more and more.
const FEW: usize = 16;

/// The oldest events that are asked for, and what stands where they begin, if that is known.
pub(super) async fn forward(
    shared: &Shared,
    asked: &Asked,
    name: &StreamName,
) -> Result<(Page, Option<Mark>), StoreError> {
    // Before the stream: what is appended meanwhile must not be said to have been looked for.
    let end = marks::head(shared).await?;
    let stream = names::on_server(name);
    let (mut found, mut count) = (Found::new(shared.log), asked.few(shared));
    let after = asked.range.after.number();
    let mut hint = shared.hints.of(name).filter(|hint| hint.position == after);
    let mut next = match hint {
        Some(hint) => hint.revision,
        None => begin(shared, asked, name).await?,
    };
    'reading: loop {
        let events = shared.link.read_stream(&stream, ReadFrom::Forward(next), count).await?;
        shared.hints.note_sizes(&events);
        let before = events.first().filter(|raw| raw.position == after);
        if let Some(before) = before {
            found.stands = entry::mark(before, shared.log);
        } else if hint.is_some() {
            // The log is not what it was.
            (hint, next) = (None, begin(shared, asked, name).await?);
            continue;
        }
        for raw in events.iter().skip(usize::from(before.is_some())) {
            if asked.ends_before(raw.position) || !found.look(asked, raw)? {
                break 'reading;
            }
        }
        let Some(last) = events.last().filter(|_| events.more) else { break };
        (hint, next, count) = (None, last.revision + 1, at_once(shared, count * 4));
    }
    if let Some(newest) = found.events.last() {
        let (position, revision) = (newest.at.position.number(), newest.at.revision);
        shared.hints.note(name, Place { position, revision });
    }
    let complete_to = match found.reached {
        Some(reached) if found.is_full => reached,
        reached => {
            let last = last(shared, &asked.range, end).await?;
            reached.filter(|reached| reached.position > last.position).unwrap_or(last)
        }
    };
    Ok((Page { events: found.events, more: found.is_full, complete_to }, found.stands))
}

/// The revision at which a range of a stream begins.
async fn begin(shared: &Shared, asked: &Asked, name: &StreamName) -> Result<u64, StoreError> {
    let Some(after) = number(asked.range.after) else { return Ok(asked.range.from_revision) };
    let stream = names::on_server(name);
    // What is new is mostly little.
    let (mut from, mut count) = (ReadFrom::End, FEW);
    loop {
        let events = shared.link.read_stream(&stream, from, count).await?;
        if let Some(before) = events.iter().find(|raw| raw.position <= after) {
            return Ok(asked.range.from_revision.max(before.revision + 1));
        }
        match events.last().and_then(|raw| raw.revision.checked_sub(1)) {
            Some(next) if events.more => from = ReadFrom::Backward(next),
            _ => return Ok(asked.range.from_revision),
        }
        count = at_once(shared, count * 4);
    }
}

/// The newest events that are asked for.
pub(super) async fn backward(
    shared: &Shared,
    asked: &Asked,
    name: &StreamName,
) -> Result<Page, StoreError> {
    let complete_to = marks::head(shared).await?;
    let stream = names::on_server(name);
    let (mut found, mut count) = (Found::new(shared.log), asked.few(shared));
    let mut hint = hint(shared, asked, name);
    let mut from = Some(hint.map_or(ReadFrom::End, |hint| ReadFrom::Backward(hint.revision)));
    'reading: while let Some(at) = from {
        let events = shared.link.read_stream(&stream, at, count).await?;
        shared.hints.note_sizes(&events);
        let begins = events.first().map(|raw| raw.position);
        if hint.take().is_some_and(|hint| Some(hint.position) != begins) {
            // The log is not what it was.
            from = Some(ReadFrom::End);
            continue;
        }
        for raw in events.iter() {
            let is_before = raw.position <= asked.range.after.number()
                || raw.revision < asked.range.from_revision;
            if is_before || (!asked.ends_before(raw.position) && !found.look(asked, raw)?) {
                break 'reading;
            }
        }
        let oldest = events.last().filter(|_| events.more);
        count = at_once(shared, count * 4);
        from = oldest.and_then(|raw| raw.revision.checked_sub(1)).map(ReadFrom::Backward);
    }
    if let Some(oldest) = found.events.last() {
        let (position, revision) = (oldest.at.position.number(), oldest.at.revision);
        shared.hints.note(name, Place { position, revision });
    }
    Ok(Page { events: found.events, more: found.is_full, complete_to })
}

/// Where the page before ended, if this one goes on from there.
fn hint(shared: &Shared, asked: &Asked, name: &StreamName) -> Option<Place> {
    let before = asked.range.through.and_then(|through| through.number().checked_add(1));
    shared.hints.of(name).filter(|hint| before == Some(hint.position))
}
