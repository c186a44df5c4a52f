//! Takes a batch of events into the rows that they concern.
//!
//! Rows that are not at hand are loaded at once for the whole batch, so the events go by twice: first
//! for the rows that are at hand, then, those that met one that was not, for the loaded rows. Each
//! row sees its events in order. Those of a key behind which events park are left out.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use factum_core::codec::Seen;
use factum_core::projection::{Change, Sources, new_row};
use factum_core::{BadId, Projection, panic};

use super::error::EventProblem;
use super::slice::Slice;
use crate::ProjectionError;
use crate::parking::{Blocked, Keys};
use crate::rows::{AtHand, Changed, Rows};

/// Why a batch could not be taken in. The rows that it has changed so far are to be given up.
pub(super) enum Failure {
    /// An event.
    Event(FailedAt),
    /// The rows could not be loaded.
    Rows(ProjectionError),
}

/// The place in the batch of an event that could not be taken in, and why.
pub(super) struct FailedAt(pub(super) usize, pub(super) EventProblem);

impl From<FailedAt> for Failure {
    fn from(failed: FailedAt) -> Self {
        Self::Event(failed)
    }
}

/// How a batch is taken in.
pub(super) struct Work<'a, P> {
    pub(super) sources: &'a Sources<P>,
    pub(super) slice: Slice,
    /// The keys that wait behind a parked event.
    pub(super) blocked: &'a Blocked,
}

/// What was taken in.
pub(super) struct Taken {
    /// How many of the events.
    pub(super) events: usize,
    /// Those among them that have to wait behind parked ones, by their places, and their keys.
    pub(super) waiting: Vec<(usize, Keys)>,
}

impl<P: Projection> Work<'_, P> {
    /// The rows of the slice that an event concerns.
    pub(super) fn keys(&self, event: Seen<'_>) -> Result<Keys, EventProblem> {
        let found = catch_unwind(AssertUnwindSafe(|| self.sources.keys(event)));
        let mut rows = match found {
            Ok(rows) => rows?,
            Err(panic) => return Err(EventProblem::Panic(panic::message(&*panic))),
        };
        rows.retain(|row| self.slice.has(row));
        Ok(Keys { rows, stream: event.recorded().at.stream.to_string() })
    }
}

/// Takes in as many of the events as a batch may hold, at least one: the rows that they concern are in
/// `changed` then, as the events leave them.
pub(super) async fn project<P: Projection>(
    work: &Work<'_, P>,
    rows: &mut dyn Rows<P>,
    events: &[Seen<'_>],
    changed: &mut Changed<P>,
) -> Result<Taken, Failure> {
    let behind = Blocked::default();
    let mut first = FirstPass { work, rows, changed, missing: HashMap::new(), met: false, behind };
    let (taken, again) = first.run(events)?;
    let mut missing = first.missing;
    if missing.is_empty() {
        return Ok(taken);
    }
    load(rows, &mut missing).await?;
    for_each(again.iter().filter_map(|at| Some((*at, events.get(*at)?))), |_, event| {
        work.sources.project(*event, &mut |key, change| match missing.get_mut(key) {
            Some(row) => apply(row, key, change),
            None => Ok(()),
        })?;
        Ok(true)
    })?;
    changed.extend(missing);
    Ok(taken)
}

struct FirstPass<'a, P> {
    work: &'a Work<'a, P>,
    rows: &'a mut dyn Rows<P>,
    changed: &'a mut Changed<P>,
    /// The rows that have to be loaded.
    missing: HashMap<String, Option<P>>,
    /// Whether the event at work concerns one of them.
    met: bool,
    /// The keys of the events of this batch that wait.
    behind: Blocked,
}

impl<P: Projection> FirstPass<'_, P> {
    /// What was taken in, and which of the events concern rows that have to be loaded.
    fn run(&mut self, events: &[Seen<'_>]) -> Result<(Taken, Vec<usize>), FailedAt> {
        let (mut taken, mut again) = (Taken { events: 0, waiting: Vec::new() }, Vec::new());
        let most = self.rows.most();
        for_each(events.iter().enumerate(), |at, event| {
            taken.events = at + 1;
            if let Some(keys) = self.waits(*event)? {
                self.behind.add(&keys);
                taken.waiting.push((at, keys));
                return Ok(taken.waiting.len() < most);
            }
            self.met = false;
            let sources = self.work.sources;
            sources.project(*event, &mut |key, change| self.row(key, change))?;
            if self.met {
                again.push(at);
            }
            Ok(self.changed.len() + self.missing.len() < most)
        })?;
        Ok((taken, again))
    }

    /// The keys of an event that has to wait.
    fn waits(&self, event: Seen<'_>) -> Result<Option<Keys>, EventProblem> {
        if self.work.blocked.is_empty() && self.behind.is_empty() {
            return Ok(None);
        }
        let keys = self.work.keys(event)?;
        let concerned = !keys.rows.is_empty();
        let blocked = self.work.blocked.blocks_keys(&keys) || self.behind.blocks_keys(&keys);
        Ok((concerned && blocked).then_some(keys))
    }

    fn row(&mut self, key: &str, change: &Change<'_, P>) -> Result<(), BadId> {
        if !self.work.slice.has(key) {
            return Ok(());
        }
        if let Some(row) = self.changed.get_mut(key) {
            return apply(row, key, change);
        }
        if self.missing.contains_key(key) {
            self.met = true;
            return Ok(());
        }
        let mut row = match self.rows.at_hand(key) {
            AtHand::Row(row) => Some(row),
            AtHand::New => None,
            AtHand::Unknown => {
                self.met = true;
                self.missing.insert(key.to_owned(), None);
                return Ok(());
            }
        };
        apply(&mut row, key, change)?;
        self.changed.insert(key.to_owned(), row);
        Ok(())
    }
}

pub(super) fn apply<P: Projection>(
    row: &mut Option<P>,
    key: &str,
    change: &Change<'_, P>,
) -> Result<(), BadId> {
    let changed = match row {
        Some(row) => row,
        None => row.insert(new_row(key)?),
    };
    change(changed);
    if changed.is_gone() {
        *row = None;
    }
    Ok(())
}

async fn load<P>(
    rows: &mut dyn Rows<P>,
    missing: &mut HashMap<String, Option<P>>,
) -> Result<(), Failure> {
    let keys: Vec<String> = missing.keys().cloned().collect();
    let loaded = rows.load(keys.clone()).await.map_err(Failure::Rows)?;
    missing.extend(keys.into_iter().zip(loaded));
    Ok(())
}

/// Calls the user's code for each event until it says to stop, and says which event it fails at.
fn for_each<'e>(
    events: impl Iterator<Item = (usize, &'e Seen<'e>)>,
    mut take: impl FnMut(usize, &Seen<'_>) -> Result<bool, EventProblem>,
) -> Result<(), FailedAt> {
    let mut at = 0;
    // What a panic leaves half done is given up with the whole batch.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        for (index, event) in events {
            at = index;
            if !take(index, event)? {
                break;
            }
        }
        Ok::<_, EventProblem>(())
    }));
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => Err(FailedAt(at, problem)),
        Err(panic) => Err(FailedAt(at, EventProblem::Panic(panic::message(&*panic)))),
    }
}
