use std::fmt;

use factum_core::store::{BoxFuture, Position};
use serde::Serialize;

use super::LogEnd;

/// Tells how a consumer of the log is, as long as anybody wants to know: a handle that outlives it.
pub trait Monitor: Send + Sync + fmt::Debug {
    /// How it is, compared with the end of the log. Costs the consumer nothing. Where other processes
    /// work on parts of it one question to the row store, which has some seconds to answer.
    fn status<'a>(&'a self, end: &'a LogEnd) -> BoxFuture<'a, ConsumerStatus>;
}

/// How a consumer of the log is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ConsumerStatus {
    /// What it is.
    pub kind: ConsumerKind,
    /// Its name.
    pub name: String,
    /// The version of its code.
    pub version: u32,
    /// How often that was built anew before.
    pub build: u32,
    /// Where it keeps what it has made, and who works on it.
    pub place: Place,
    /// Whether it is at work.
    pub life: Life,
    /// Its slices, in their order.
    pub slices: Vec<SliceStatus>,
    /// Queries see what the version before had made, until this one has caught up.
    pub shows_older: bool,
    /// What is built beside it.
    pub rebuild: Option<RebuildStatus>,
    /// Why nothing could be learned of what other processes do, if that failed.
    pub problem: Option<String>,
}

/// What a consumer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConsumerKind {
    /// It keeps a view.
    Projection,
    /// It does something outside.
    Subscriber,
}

impl ConsumerKind {
    /// As it is written in a status, in JSON, and as a label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Projection => "projection",
            Self::Subscriber => "subscriber",
        }
    }
}

impl fmt::Display for ConsumerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a consumer keeps what it has made, and who works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    /// In the memory of this process.
    Memory,
    /// In a store, by this process alone.
    Stored,
    /// In a store, by processes that share its slices by leases.
    Shared,
}

/// Whether a consumer is at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "why")]
#[non_exhaustive]
pub enum Life {
    /// It is.
    Running,
    /// It was stopped.
    Stopped,
    /// It has met what it cannot get over. Starting it again is of no use before that is mended.
    Ended(String),
    /// It has panicked.
    Died(String),
}

impl Life {
    /// That of a consumer whose task has said how it ended, or is there still, or is gone without a word.
    pub(crate) fn of(ended: Option<Self>, has_task: bool, told_to_stop: bool) -> Self {
        match ended {
            Some(ended) => ended,
            None if has_task => Self::Running,
            None if told_to_stop => Self::Stopped,
            None => Self::Died("its task is gone".to_owned()),
        }
    }
}

/// How one slice of a consumer is; what is not split has one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SliceStatus {
    /// Which, from 0.
    pub slice: u16,
    /// Who works on it.
    pub owner: SliceOwner,
    /// Everything up to here is taken in. Of another process's slice as it was saved last, which it does
    /// once a second at the least.
    pub reached: Position,
    /// How many events of the log, of whatever kind, lie between that and the end; `None` if the store
    /// did not say, or its positions do not count events.
    pub lag_events: Option<u64>,
    /// How much newer the newest event of the log is than what the slice has seen of it, in seconds, by
    /// the clocks that decided the events. 0 where it has caught up; `None` if that cannot be told: the
    /// store did not say, nothing was taken in since the start, or another process works on it.
    pub lag_seconds: Option<f64>,
    /// What this process has done on it, if it is the one that works on it.
    pub work: Option<SliceWork>,
}

/// Who works on a slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "name")]
#[non_exhaustive]
pub enum SliceOwner {
    /// This process.
    Here,
    /// Another one, by its name.
    Another(String),
    /// Nobody.
    Nobody,
    /// The row store did not say.
    Unknown,
}

/// What this process has done on a slice since it took it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SliceWork {
    /// How many events it has gone through, of those that the consumer listens to; each slice goes through
    /// all of them. Those that parked are among them.
    pub events: u64,
    /// How many of them a second, over the last ten seconds.
    pub events_per_second: f64,
    /// How many tries failed and were made again.
    pub retries: u64,
    /// How many events are parked.
    pub parked: u64,
    /// What fails, and is being tried again now.
    pub trouble: Option<String>,
}

/// How far a rebuild is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RebuildStatus {
    /// The number of the building that is made.
    pub build: u32,
    /// How much of the log it has seen, from 0 to 1, where positions count events.
    pub done: Option<f64>,
    /// Its slices.
    pub slices: Vec<SliceStatus>,
    /// Why it does not go on, if so: give it up, and begin again.
    pub failed: Option<String>,
}

impl ConsumerStatus {
    /// How far it is: where the slice is that is the furthest behind.
    pub fn reached(&self) -> Position {
        reached(&self.slices)
    }

    /// How many events the slice is behind that is the furthest behind, if that is known of all.
    pub fn lag_events(&self) -> Option<u64> {
        self.slices
            .iter()
            .map(|slice| slice.lag_events)
            .try_fold(0, |most, lag| Some(lag?.max(most)))
    }

    /// How many seconds the slice is behind that is the furthest behind, if that is known of all.
    pub fn lag_seconds(&self) -> Option<f64> {
        let mut lags = self.slices.iter().map(|slice| slice.lag_seconds);
        lags.try_fold(0.0_f64, |most, lag| Some(lag?.max(most)))
    }

    /// How many events are parked in the slices that this process works on.
    pub fn parked(&self) -> u64 {
        self.work().map(|work| work.parked).sum()
    }

    /// How many events a second this process goes through: on the slice where it is the most.
    pub fn events_per_second(&self) -> f64 {
        self.work().map(|work| work.events_per_second).fold(0.0, f64::max)
    }

    /// What fails, and is being tried again now, in the first slice where something does.
    pub fn trouble(&self) -> Option<&str> {
        self.work().find_map(|work| work.trouble.as_deref())
    }

    fn work(&self) -> impl Iterator<Item = &SliceWork> {
        self.slices.iter().filter_map(|slice| slice.work.as_ref())
    }
}

pub(crate) fn reached(slices: &[SliceStatus]) -> Position {
    slices.iter().map(|slice| slice.reached).min().unwrap_or_default()
}
