//! One trip to the server: the next entries in which events of a query may stand.

use factum_core::store::{Direction, Query, Range, StoreError};
use redis::Value;

use super::Shared;
use super::entry::Entry;
use super::keys::Keys;
use super::moment::Moment;
use super::pack::Pack;
use super::request::Request;
use super::scripts::Script;
use super::value::list;

/// Some entries in the order of reading, each once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) moment: Moment,
    pub(super) entries: Vec<Entry>,
    /// Whether there may be more beyond them.
    pub(super) more: bool,
}

impl Batch {
    /// Reads at most so many entries of the range.
    pub(super) async fn read(
        shared: &Shared,
        query: &Query,
        range: &Range,
        direction: Direction,
        most: usize,
    ) -> Result<Self, StoreError> {
        match Keys::lists(query) {
            Some(lists) => {
                let skip = match query {
                    Query::Stream(_) => range.from_revision,
                    _ => 0,
                };
                listed(shared, &lists, range, skip, direction, most).await
            }
            None => scanned(shared, range, direction, most).await,
        }
    }
}

/// What the look script is asked about a range, before the arguments for lists.
struct Look {
    seen: String,
    through: String,
}

impl Look {
    fn at(range: &Range) -> Self {
        let digits = |position: Option<factum_core::store::Position>| {
            position.map(|position| position.number().to_string()).unwrap_or_default()
        };
        Self { seen: digits(range.seen.map(|seen| seen.position)), through: digits(range.through) }
    }

    fn request<'a>(&'a self, shared: &'a Shared, more: &[&'a [u8]]) -> Request<'a> {
        let keys = vec![shared.keys.log.as_bytes(), shared.keys.meta.as_bytes()];
        let mut args: Vec<&[u8]> =
            vec![shared.keys.prefix.as_bytes(), self.seen.as_bytes(), self.through.as_bytes()];
        args.extend(more);
        Request::script(Script::Look, keys, args)
    }
}

/// The log at this moment, and nothing of what is in it.
pub(super) async fn moment(shared: &Shared, range: &Range) -> Result<Moment, StoreError> {
    let look = Look::at(range);
    let answer = shared.ask(&look.request(shared, &[])).await?;
    Moment::of(shared, answer.into_iter().next().unwrap_or_default(), range)
}

/// Entries of the log itself.
async fn scanned(
    shared: &Shared,
    range: &Range,
    direction: Direction,
    most: usize,
) -> Result<Batch, StoreError> {
    let look = Look::at(range);
    let command = |name: &str, from: &str, to: &str, count: usize| {
        let mut command = redis::cmd(name);
        command.arg(&shared.keys.log).arg(from).arg(to).arg("COUNT").arg(count);
        command
    };
    // Not a transaction, which a server without memory left refuses even where it only reads.
    let request = look.request(shared, &[]);
    let beyond = |position: u64| format!("({position}-0");
    let request = match (direction, range.through) {
        (Direction::Forward, _) => {
            request.and(command("XRANGE", &beyond(range.after.number()), "+", most))
        }
        (Direction::Backward, None) => request.and(command("XREVRANGE", "+", "-", most)),
        (Direction::Backward, Some(through)) => {
            // The entry that has the event at the position is the first at or after it.
            let through = through.number();
            let request = request.and(command("XRANGE", &through.to_string(), "+", 1));
            request.and(command("XREVRANGE", &beyond(through), "-", most))
        }
    };
    let mut answers = shared.ask(&request).await?.into_iter();
    let moment = Moment::of(shared, answers.next().unwrap_or_default(), range)?;
    let (mut entries, mut more) = (Vec::new(), false);
    for answer in answers {
        let found = list(answer).map_err(|_| shared.odd("a read of the log"))?;
        more = found.len() >= most;
        for entry in found {
            entries.push(Entry::of(entry).map_err(|damaged| shared.damaged(damaged))?);
        }
    }
    // What came between the two is for another read.
    entries.retain(|entry| entry.end <= moment.end.position.number());
    Ok(Batch { moment, entries, more })
}

/// Entries that are named in lists.
async fn listed(
    shared: &Shared,
    lists: &[Vec<String>],
    range: &Range,
    skip: u64,
    direction: Direction,
    most: usize,
) -> Result<Batch, StoreError> {
    let look = Look::at(range);
    let mut pack = Pack::default();
    pack.array(lists.len());
    for any in lists {
        pack.array(any.len());
        any.iter().for_each(|list| pack.bytes(list.as_bytes()));
    }
    let way = match direction {
        Direction::Forward => "forward",
        Direction::Backward => "backward",
    };
    let numbers = [range.after.number(), skip, most as u64].map(|number| number.to_string());
    let [after, skip, most] = &numbers;
    let pack = pack.into_bytes();
    let more = [way.as_bytes(), after.as_bytes(), skip.as_bytes(), most.as_bytes(), &pack];
    let answer = shared.ask(&look.request(shared, &more)).await?;
    let moment = Moment::of(shared, answer.into_iter().next().unwrap_or_default(), range)?;
    let (ids, more) = merged(&moment.lists, direction);
    let entries = fetch(shared, &ids).await?;
    Ok(Batch { moment, entries, more })
}

/// The entries of all lists in the order of reading, as far as each list was read, and whether a list
/// has more.
fn merged(lists: &[(Vec<u64>, bool)], direction: Direction) -> (Vec<u64>, bool) {
    let cut = lists.iter().filter(|(_, more)| *more);
    let mut ids: Vec<u64> = lists.iter().flat_map(|(ids, _)| ids).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let more = lists.iter().any(|(_, more)| *more);
    match direction {
        Direction::Forward => {
            let bound = cut.filter_map(|(ids, _)| ids.last()).min();
            ids.retain(|id| bound.is_none_or(|bound| id <= bound));
        }
        Direction::Backward => {
            let bound = cut.filter_map(|(ids, _)| ids.first()).max();
            ids.retain(|id| bound.is_none_or(|bound| id >= bound));
            ids.reverse();
        }
    }
    (ids, more)
}

async fn fetch(shared: &Shared, ids: &[u64]) -> Result<Vec<Entry>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let commands = ids.iter().map(|id| {
        let id = format!("{id}-0");
        let mut command = redis::cmd("XRANGE");
        command.arg(&shared.keys.log).arg(&id).arg(&id);
        command
    });
    let answers = shared.ask(&Request::commands(commands.collect())).await?;
    let mut entries = Vec::with_capacity(ids.len());
    for (answer, id) in answers.into_iter().zip(ids) {
        let found = list(answer).map_err(|_| shared.odd("a read of the log"))?.into_iter().next();
        // Entries do not go: another log has taken the place of this one since the lists were read.
        let found: Value = found.ok_or_else(|| shared.missing(*id))?;
        entries.push(Entry::of(found).map_err(|damaged| shared.damaged(damaged))?);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_was_cut_short_bounds_the_others() {
        let lists = [(vec![1, 4, 4, 7], true), (vec![2, 4, 9], false)];
        assert_eq!(merged(&lists, Direction::Forward), (vec![1, 2, 4, 7], true));
        let lists = [(vec![4, 4, 7], true), (vec![2, 4, 9], false)];
        assert_eq!(merged(&lists, Direction::Backward), (vec![9, 7, 4], true));
        assert_eq!(merged(&[], Direction::Forward), (vec![], false));
    }
}
