use std::time::Duration;

use super::Limits;

/// What a backend can do, and what it promises. An app that needs what its backend lacks is refused
/// when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The backend's name for messages: `memory`, `sqlite`, …
    pub backend: &'static str,
    /// A commit may write to several streams.
    pub multi_stream: bool,
    /// A commit may carry a [`Guard`](super::Guard).
    pub guards: bool,
    /// A commit may carry views: their rows, which [`EventStore::rows`](super::EventStore::rows) keeps,
    /// change in the transaction of its events.
    pub inline_views: bool,
    /// Nobody but this store value writes to the log, so that a cached state is authoritative.
    pub single_writer: bool,
    /// Positions count events: the numbers of two positions of the log differ by as many events as
    /// there are between them, so that a consumer can tell how many it is behind.
    pub dense_positions: bool,
    /// How long the key of a commit is known.
    pub keys: KeyMemory,
    /// What an acknowledged commit survives.
    pub durability: Durability,
    /// How large commits may be.
    pub limits: Limits,
}

/// How long the key of a commit is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMemory {
    /// As long as its events.
    Forever,
    /// At least this long.
    Window(Duration),
    /// While it is among this many newest events of a stream that its commit wrote to.
    Newest(u32),
}

/// What an acknowledged commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Nothing: it is gone with the process.
    Volatile,
    /// The end of the process, but a power cut may take the newest commits.
    Process,
    /// A power cut: it was synced to the disk.
    Synced,
}
