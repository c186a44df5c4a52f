//! How the slices of a consumer are: by what this process knows, and by what the row store has of others.

use std::time::Duration;

use factum_core::store::Position;
use factum_core::view::{Owner, SliceState, ViewSpec};
use tokio::time::timeout;

use super::done::Done;
use super::{LogEnd, Place, SliceOwner, SliceStatus};
use crate::Placement;

/// How long the row store has to say what others do.
const OTHERS_WITHIN: Duration = Duration::from_secs(2);

/// A slice as this process knows it at a time.
pub(crate) struct SliceNow {
    pub(crate) reached: Position,
    /// What this process has done on it, and what is being tried again, if it works on it.
    pub(crate) here: Option<(Done, Option<String>)>,
}

/// Where a consumer keeps what it has made, and who works on it.
pub(crate) fn place_of(place: &Placement) -> Place {
    match (&place.rows, place.lease) {
        (None, _) => Place::Memory,
        (Some(_), None) => Place::Stored,
        (Some(_), Some(_)) => Place::Shared,
    }
}

/// The slices of what is kept at a place under a view's id, those of others as the row store has them.
pub(crate) async fn slices(
    place: &Placement,
    view: ViewSpec,
    now: Vec<SliceNow>,
    end: &LogEnd,
    problem: &mut Option<String>,
) -> Vec<SliceStatus> {
    let stored = stored(place, view).await.unwrap_or_else(|unknown| {
        *problem = Some(unknown);
        Vec::new()
    });
    let mut stored = stored.into_iter().map(Some).chain(std::iter::repeat(None));
    let me = &place.owner;
    (0..)
        .zip(now)
        .map(|(slice, now)| match (now.here, stored.next().flatten()) {
            // This process finds out by its next commit.
            (_, Some(state)) if state.owner.as_ref().is_some_and(|owner| owner != me) => {
                theirs(slice, state, me, end)
            }
            (Some(here), _) => ours(slice, now.reached, here, end),
            (None, Some(state)) => theirs(slice, state, me, end),
            (None, None) if place.lease.is_none() => {
                unseen(slice, SliceOwner::Nobody, now.reached, end)
            }
            (None, None) => unseen(slice, SliceOwner::Unknown, now.reached, end),
        })
        .collect()
}

/// What the row store says of the slices, where others may work on them; why it did not.
async fn stored(place: &Placement, view: ViewSpec) -> Result<Vec<SliceState>, String> {
    let (Some(rows), Some(_)) = (&place.rows, place.lease) else {
        return Ok(Vec::new());
    };
    match timeout(OTHERS_WITHIN, rows.slices(view)).await {
        Ok(slices) => slices.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the row store did not answer within {OTHERS_WITHIN:?}")),
    }
}

/// A slice that this process works on.
fn ours(
    slice: u16,
    reached: Position,
    (done, trouble): (Done, Option<String>),
    end: &LogEnd,
) -> SliceStatus {
    let caught_up = unseen(slice, SliceOwner::Here, reached, end);
    let lag = || done.seconds_behind(end.time?);
    let lag_seconds = caught_up.lag_seconds.or_else(lag);
    SliceStatus { lag_seconds, work: Some(done.work(trouble)), ..caught_up }
}

/// A slice as the row store has it.
fn theirs(slice: u16, state: SliceState, me: &Owner, end: &LogEnd) -> SliceStatus {
    let owner = match state.owner {
        None => SliceOwner::Nobody,
        // It is about to begin, or to end.
        Some(owner) if owner == *me => SliceOwner::Here,
        Some(owner) => SliceOwner::Another(owner.as_str().to_owned()),
    };
    let reached = state.checkpoint.map(|mark| mark.position).unwrap_or_default();
    unseen(slice, owner, reached, end)
}

/// A slice of which nothing but the position is known.
fn unseen(slice: u16, owner: SliceOwner, reached: Position, end: &LogEnd) -> SliceStatus {
    let caught_up = end.position.is_some_and(|end| reached >= end);
    SliceStatus {
        slice,
        owner,
        reached,
        lag_events: end.events_after(reached),
        lag_seconds: caught_up.then_some(0.0),
        work: None,
    }
}
