use factum_core::store::{Mark, Page, StoreError};

use super::{Asked, Found, at_once, number};
use crate::entry;
use crate::link::{Raw, ReadFrom};
use crate::marks;
use crate::shared::Shared;

/// How many events one page searches before it gives what it has.
const SEARCHED: usize = 32 * 1024;

/// The oldest events that are asked for, and what stands where they begin.
pub(super) async fn forward(
    shared: &Shared,
    asked: &Asked,
) -> Result<(Page, Option<Mark>), StoreError> {
    let after = asked.range.after.number();
    let (mut found, mut count) = (Found::new(shared.log), asked.few(shared));
    let mut from = number(asked.range.after).map_or(ReadFrom::Start, ReadFrom::Forward);
    let (mut come_to, mut searched): (u64, usize) = (0, 0);
    loop {
        let events = match shared.link.read_all(from, count).await {
            Ok(events) => events,
            Err(error) if from == ReadFrom::Forward(after) => {
                if marks::event_at(shared, asked.range.after).await?.is_some() {
                    return Err(error);
                }
                // Nothing stands there, so that no read can begin there.
                if marks::head(shared).await?.position.number() <= after {
                    break;
                }
                from = ReadFrom::Start;
                continue;
            }
            Err(error) => return Err(error),
        };
        shared.hints.note_sizes(&events);
        let is_end = !events.more;
        if !look(&mut found, asked, events.iter().filter(|raw| raw.position > come_to))? || is_end {
            break;
        }
        let Some(last) = events.last() else { break };
        // A read includes where it begins.
        (from, come_to, searched) =
            (ReadFrom::Forward(last.position), last.position, searched + events.len());
        count = at_once(shared, count * 4);
        let got_on = found.reached.is_some_and(|reached| reached.position.number() > after);
        if searched > SEARCHED && got_on {
            found.is_full = true;
            break;
        }
    }
    let complete_to = match found.reached {
        Some(reached) => reached,
        None => marks::up_to(shared, asked.range.after).await?,
    };
    Ok((Page { events: found.events, more: found.is_full, complete_to }, found.stands))
}

/// Whether the page goes on.
fn look<'a>(
    found: &mut Found,
    asked: &Asked,
    events: impl Iterator<Item = &'a Raw>,
) -> Result<bool, StoreError> {
    let after = asked.range.after.number();
    for raw in events {
        if asked.ends_before(raw.position) {
            return Ok(false);
        }
        if raw.position == after {
            // It may be damaged, which does not matter any more.
            found.stands = entry::mark(raw, found.log());
            found.reached = found.stands;
        } else if raw.position > after && !found.look(asked, raw)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The newest events that are asked for.
pub(super) async fn backward(shared: &Shared, asked: &Asked) -> Result<Page, StoreError> {
    let after = asked.range.after.number();
    let (mut found, mut count) = (Found::new(shared.log), asked.few(shared));
    let (hint, mut end) = begin(shared, asked).await?;
    let mut from = hint;
    'reading: loop {
        let events = match shared.link.read_all(from, count).await {
            // The log is not what it was.
            Err(_) if from == hint => shared.link.read_all(ReadFrom::End, count).await?,
            events => events?,
        };
        shared.hints.note_sizes(&events);
        for raw in events.iter() {
            end = end.or_else(|| entry::mark(raw, shared.log));
            if raw.position <= after {
                break 'reading;
            }
            if !asked.ends_before(raw.position) && !found.look(asked, raw)? {
                break 'reading;
            }
        }
        match events.last() {
            Some(last) if events.more => from = ReadFrom::Backward(last.position),
            _ => break,
        }
        count = at_once(shared, count * 4);
    }
    if let Some(oldest) = found.events.last() {
        shared.hints.note_position(oldest.at.position.number());
    }
    let complete_to = end.unwrap_or(Mark::start(shared.log));
    Ok(Page { events: found.events, more: found.is_full, complete_to })
}

/// Where to begin, and where the log ends if the read does not begin there.
async fn begin(shared: &Shared, asked: &Asked) -> Result<(ReadFrom, Option<Mark>), StoreError> {
    // The next page ends right before what the one before it had last.
    let next = asked.range.through.and_then(|through| through.number().checked_add(1));
    match next.filter(|next| shared.hints.knows(*next)) {
        Some(next) => Ok((ReadFrom::Backward(next), Some(marks::head(shared).await?))),
        None => Ok((ReadFrom::End, None)),
    }
}
