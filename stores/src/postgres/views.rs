//! Rows that change in the transaction of the events that change them.
//!
//! *Problem.* Where an event stands is known only once it is written, and then the rows are still to be
//! computed here. *Invariant.* Rows and checkpoint change with their events or not at all; a view is left
//! alone where something that concerns it is missing in its rows, or another building takes its place.
//! *Shape.* The call that appends does not commit. With the log's lock held, the slice of each view is
//! locked and its rows are read; what all commits of the group come to is written at once. Whoever else
//! locks a slice does not want the log's lock, so nobody waits in a circle.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use factum_core::store::{
    Commit, Direction, Mark, Position, Query, Range, Receipt, Recorded, Stamp,
};
use factum_core::view::{
    InlineRows, Row, RowBatch, RowChanges, SliceState, ViewId, ViewSpec, inline_batch,
    inline_search,
};

use super::call::{self, Answer, Ends};
use super::fault::Fault;
use super::group::{Group, Sent};
use super::read;
use super::rows::{Within, commit_within, lock};
use super::run::{Verdict, receipt};
use super::schema::Schema;
use super::session::{Log, Session};
use crate::recorded::recorded;

/// Of which views each commit of a group changed the rows, by its place.
pub(super) type Changed = Vec<Vec<ViewId>>;

/// Appends a group, and changes the rows of the views that its commits carry.
pub(super) async fn append(
    session: &mut Session,
    schema: &Schema,
    group: &Group<'_>,
    stamp: Stamp,
) -> Result<(Answer, Changed), Fault> {
    let done = append_open(session, schema, group, stamp).await;
    match &done {
        Err(fault) if !fault.ends_session() => session.end_with("rollback").await?,
        _ => {}
    }
    done
}

async fn append_open(
    session: &mut Session,
    schema: &Schema,
    group: &Group<'_>,
    stamp: Stamp,
) -> Result<(Answer, Changed), Fault> {
    let answer = call::append(session, schema, group, stamp, Ends::Open).await?;
    let stored = stored(group, &answer, session.log, stamp);
    let mut all = Vec::new();
    for view in views(&stored) {
        let changes = changes(session, schema, view, &stored).await?;
        all.extend(changes.and_then(|changes| Some((changes.batch()?, changes.by))));
    }
    let changed = commit(session, schema, group.sent.len(), &all).await?;
    Ok((answer, changed))
}

/// Writes what the commits come to in each view, and commits it all with the last of them.
async fn commit(
    session: &mut Session,
    schema: &Schema,
    commits: usize,
    all: &[(RowBatch, Vec<usize>)],
) -> Result<Changed, Fault> {
    let mut changed = vec![Vec::new(); commits];
    let Some((last, _)) = all.last() else {
        session.end_with("commit").await?;
        return Ok(changed);
    };
    for (batch, by) in all {
        let is_last = batch.view == last.view;
        let within = if is_last { Within::Last } else { Within::Open };
        if commit_within(session, schema, batch, within).await? {
            for place in by {
                if let Some(changed) = changed.get_mut(*place) {
                    changed.push(batch.view.id);
                }
            }
        }
    }
    Ok(changed)
}

/// A commit that was stored.
struct Stored<'a> {
    place: usize,
    commit: &'a Commit,
    mark: Mark,
    /// As they were written; none if it carries no view.
    events: Vec<Recorded>,
}

impl Stored<'_> {
    fn carried(&self, view: ViewId) -> Option<&dyn InlineRows> {
        self.commit.views.iter().map(|rows| &**rows).find(|rows| rows.view().id == view)
    }

    /// Whether it has an event that concerns a view.
    fn concerns(&self, query: &Query) -> bool {
        self.commit.writes.iter().any(|write| {
            let mut events = write.events.iter();
            events.any(|event| query.matches_parts(&write.stream, &event.name, &event.tags))
        })
    }
}

/// The commits that were stored, in the order of their positions.
fn stored<'a>(group: &Group<'a>, answer: &Answer, log: Log, stamp: Stamp) -> Vec<Stored<'a>> {
    let sent = group.parts.iter().flatten().filter_map(|sent| match sent {
        Sent::Here { commit, write } => Some((*commit, *write)),
        Sent::Bad => None,
    });
    let stored = sent.filter_map(|(place, write)| {
        let Some(Verdict::Stored { first }) = answer.verdicts.get(place) else { return None };
        let commit = *group.sent.get(place)?;
        let firsts = answer.revisions.get(write..).unwrap_or_default();
        let receipt: Receipt = receipt(commit, *first, firsts, log, stamp);
        let plain = commit.views.is_empty();
        let events = if plain { Vec::new() } else { recorded(commit, &receipt) };
        Some(Stored { place, commit, mark: receipt.mark, events })
    });
    stored.collect()
}

/// The views that the commits carry, each once, in an order that is always the same.
fn views(stored: &[Stored<'_>]) -> Vec<ViewSpec> {
    let all = stored.iter().flat_map(|stored| &stored.commit.views);
    let by_id: BTreeMap<ViewId, ViewSpec> = all.map(|rows| (rows.view().id, rows.view())).collect();
    by_id.into_values().collect()
}

/// What the commits of a group come to in one view.
struct Changes {
    view: ViewSpec,
    /// Where its checkpoint was, and is to be.
    from: Option<Mark>,
    slice: SliceState,
    /// The rows of all commits as they are.
    bodies: HashMap<String, Option<Bytes>>,
    /// The rows that change; none if one goes.
    rows: BTreeMap<String, Option<Row>>,
    /// The places of the commits that did this.
    by: Vec<usize>,
}

/// What the commits do to a view, whose slice is locked; nothing if its rows are to be left alone.
async fn changes(
    session: &mut Session,
    schema: &Schema,
    view: ViewSpec,
    stored: &[Stored<'_>],
) -> Result<Option<Changes>, Fault> {
    let carried = || stored.iter().filter_map(|stored| Some((stored.carried(view.id)?, stored)));
    let Some((first, _)) = carried().next() else { return Ok(None) };
    let mut keys: Vec<String> = carried().flat_map(|(rows, stored)| keys(rows, stored)).collect();
    keys.sort_unstable();
    keys.dedup();
    let Some((slice, bodies)) = lock(session, schema, &view, &keys).await? else {
        return Ok(None);
    };
    let before = before(stored);
    if !is_complete(session, schema, first.query(), slice.checkpoint, before).await? {
        return Ok(None);
    }
    let mut changes = Changes {
        view,
        from: slice.checkpoint,
        slice,
        bodies: keys.into_iter().zip(bodies).collect(),
        rows: BTreeMap::new(),
        by: Vec::new(),
    };
    for stored in stored {
        let taken = match stored.carried(view.id) {
            Some(rows) => changes.take(rows, stored),
            None => false,
        };
        if !taken && stored.concerns(first.query()) {
            break;
        }
    }
    Ok(Some(changes))
}

/// The keys of the rows that a commit concerns.
fn keys(rows: &dyn InlineRows, stored: &Stored<'_>) -> Vec<String> {
    let events = stored.events.iter().filter(|event| rows.query().matches(event));
    rows.keys(&events.cloned().collect::<Vec<_>>()).unwrap_or_default()
}

/// Where the log ended before these commits.
fn before(stored: &[Stored<'_>]) -> Position {
    stored.first().map_or(Position::START, |stored| {
        let events: usize = stored.commit.writes.iter().map(|write| write.events.len()).sum();
        Position::new(stored.mark.position.number().saturating_sub(events as u64))
    })
}

/// Whether no event that concerns a view stands behind its checkpoint, up to a position.
async fn is_complete(
    session: &mut Session,
    schema: &Schema,
    query: &Query,
    checkpoint: Option<Mark>,
    before: Position,
) -> Result<bool, Fault> {
    // It may be that of another log.
    let is_ours = checkpoint.is_none_or(|mark| mark.log == session.log.id);
    let Some(after) = inline_search(checkpoint, before).filter(|_| is_ours) else {
        return Ok(false);
    };
    if after == before {
        return Ok(true);
    }
    let range = Range::after(after).through(before);
    match read::page(session, schema, query, &range, Direction::Forward, 1).await {
        Ok(page) => Ok(page.events.is_empty()),
        // A damaged event is no reason to refuse what comes after it.
        Err(Fault::Store(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

impl Changes {
    /// Takes a commit in, behind which nothing is missing; whether it could be.
    fn take(&mut self, rows: &dyn InlineRows, stored: &Stored<'_>) -> bool {
        let load = |keys: &[String]| {
            let bodies = keys.iter().map(|key| self.bodies.get(key).cloned().ok_or(()));
            bodies.collect::<Result<Vec<_>, ()>>()
        };
        let batch = inline_batch(rows, &self.slice, &stored.events, stored.mark, load);
        let Some(batch) = batch.ok().flatten().filter(|batch| batch.check_values().is_ok()) else {
            return false;
        };
        for row in batch.rows.puts {
            self.bodies.insert(row.key.clone(), Some(row.body.clone()));
            self.rows.insert(row.key.clone(), Some(row));
        }
        for key in batch.rows.deletes {
            self.bodies.insert(key.clone(), None);
            self.rows.insert(key, None);
        }
        self.slice.checkpoint = Some(stored.mark);
        self.by.push(stored.place);
        true
    }

    /// All of it at once, if there is any.
    fn batch(&self) -> Option<RowBatch> {
        let to = self.slice.checkpoint.filter(|_| !self.by.is_empty())?;
        let mut rows = RowChanges::default();
        for (key, row) in &self.rows {
            match row {
                Some(row) => rows.puts.push(row.clone()),
                None => rows.deletes.push(key.clone()),
            }
        }
        let hold = self.slice.hold;
        Some(RowBatch { hold, rows, ..RowBatch::new(self.view, self.from, to) })
    }
}
