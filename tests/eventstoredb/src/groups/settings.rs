//! How a group behaves.

use serde::{Deserialize, Serialize};

use super::key::{Begin, Key};
use crate::wire::FilterOptions;

/// Who gets the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Strategy {
    /// The first consumer that can take it.
    DispatchToSingle,
    /// Each in turn.
    RoundRobin,
    /// The same for all events of a stream.
    Pinned,
    /// The same as `Pinned`: this server does not look into metadata for correlations.
    PinnedByCorrelation,
}

impl Strategy {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::DispatchToSingle, Self::RoundRobin, Self::Pinned, Self::PinnedByCorrelation]
            .into_iter()
            .find(|strategy| strategy.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DispatchToSingle => "DispatchToSingle",
            Self::RoundRobin => "RoundRobin",
            Self::Pinned => "Pinned",
            Self::PinnedByCorrelation => "PinnedByCorrelation",
        }
    }
}

/// How a group behaves. Times are in milliseconds; 0 means never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupSettings {
    pub(crate) resolve_links: bool,
    pub(crate) extra_statistics: bool,
    pub(crate) message_timeout: i32,
    pub(crate) max_retry_count: i32,
    pub(crate) checkpoint_after: i32,
    pub(crate) min_checkpoint_count: i32,
    pub(crate) max_checkpoint_count: i32,
    pub(crate) max_subscriber_count: i32,
    pub(crate) live_buffer_size: i32,
    pub(crate) read_batch_size: i32,
    pub(crate) history_buffer_size: i32,
    pub(crate) strategy: Strategy,
}

/// All that is to be known of a group to make it again; kept in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) settings: GroupSettings,
    pub(crate) begin: Begin,
    /// Where it starts, as `GetInfo` says it.
    pub(crate) start_from: String,
    pub(crate) filter: Option<FilterOptions>,
}
