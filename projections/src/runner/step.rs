use std::time::Duration;

use factum_core::Timestamp;
use factum_core::codec::Seen;

use super::spans::Belongs;

/// What a commit takes in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    /// How many events.
    pub(super) events: u64,
    /// When the newest of them was decided.
    pub(super) newest: Option<Timestamp>,
    /// How long ago that was when it was taken in.
    pub(super) age: Duration,
    /// What it belongs to, if it is of one event.
    pub(super) belongs: Belongs,
}

impl Step {
    pub(super) fn of(events: &[Seen<'_>], now: Timestamp) -> Self {
        let newest = events.last().map(|event| event.recorded().at.time());
        let age = newest.map_or(0, |newest| now.as_micros().saturating_sub(newest.as_micros()));
        let belongs = match events {
            [event] => Belongs::of(&event.recorded().at),
            _ => Belongs::default(),
        };
        let age = Duration::from_micros(age.max(0).unsigned_abs());
        Self { events: events.len() as u64, newest, age, belongs }
    }
}
