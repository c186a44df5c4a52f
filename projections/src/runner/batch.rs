//! Takes a batch of events into the rows that they concern.
//!
//! Rows that are not at hand are loaded at once for the whole batch, so the events go by twice: first
//! for the rows that are at hand, then, those that met one that was not, for the loaded rows. Each
//! row sees its events in order.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use factum_core::codec::Seen;
use factum_core::projection::{Change, SourceError, Sources, new_row};
use factum_core::{BadId, Projection, panic};

use super::error::EventProblem;
use crate::ProjectionError;
use crate::rows::{AtHand, RowMap, Rows};

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

/// Takes in as many of the events as a batch may hold, at least one, and says how many: the rows that
/// they concern are in `changed` then, as the events leave them.
pub(super) async fn project<P: Projection>(
    sources: &Sources<P>,
    rows: &mut dyn Rows<P>,
    events: &[Seen<'_>],
    changed: &mut RowMap<P>,
) -> Result<usize, Failure> {
    let mut first = FirstPass { rows, changed, missing: HashMap::new(), met: false };
    let (taken, again) = first.run(sources, events)?;
    let mut missing = first.missing;
    if missing.is_empty() {
        return Ok(taken);
    }
    load(rows, &mut missing).await?;
    for_each(again.iter().filter_map(|at| Some((*at, events.get(*at)?))), |_, event| {
        sources.project(*event, &mut |key, change| match missing.get_mut(key) {
            Some(row) => apply(row, key, change),
            None => Ok(()),
        })?;
        Ok(true)
    })?;
    changed.extend(missing.into_iter().filter_map(|(key, row)| Some((key, row?))));
    Ok(taken)
}

struct FirstPass<'a, P> {
    rows: &'a mut dyn Rows<P>,
    changed: &'a mut RowMap<P>,
    /// The rows that have to be loaded.
    missing: HashMap<String, Option<P>>,
    /// Whether the event at work concerns one of them.
    met: bool,
}

impl<P: Projection> FirstPass<'_, P> {
    /// How many events were looked at, and which of them concern rows that have to be loaded.
    fn run(
        &mut self,
        sources: &Sources<P>,
        events: &[Seen<'_>],
    ) -> Result<(usize, Vec<usize>), FailedAt> {
        let (mut taken, mut again) = (0, Vec::new());
        let most = self.rows.most();
        for_each(events.iter().enumerate(), |at, event| {
            self.met = false;
            sources.project(*event, &mut |key, change| self.row(key, change))?;
            if self.met {
                again.push(at);
            }
            taken = at + 1;
            Ok(self.changed.len() + self.missing.len() < most)
        })?;
        Ok((taken, again))
    }

    fn row(&mut self, key: &str, change: &Change<'_, P>) -> Result<(), BadId> {
        if let Some(row) = self.changed.get_mut(key) {
            change(row);
            return Ok(());
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
        self.changed.extend(row.map(|row| (key.to_owned(), row)));
        Ok(())
    }
}

fn apply<P: Projection>(
    row: &mut Option<P>,
    key: &str,
    change: &Change<'_, P>,
) -> Result<(), BadId> {
    match row {
        Some(row) => change(row),
        None => change(row.insert(new_row(key)?)),
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
    mut take: impl FnMut(usize, &Seen<'_>) -> Result<bool, SourceError>,
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
        Ok::<_, SourceError>(())
    }));
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(FailedAt(at, error.into())),
        Err(panic) => Err(FailedAt(at, EventProblem::Panic(panic::message(&*panic)))),
    }
}
