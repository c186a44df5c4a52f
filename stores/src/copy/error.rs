use factum_core::Key;
use factum_core::store::{BadCommit, KeyMemory, LogId, Position, Refused, StoreError};

use super::Difference;

/// A log was not copied, or not to its end.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Source and target are one log, or one was made as a copy of the other's files. Nothing was
    /// written.
    #[error("the source and the target are the same log, {log}: name another store to copy into")]
    Itself {
        /// The identity that both have.
        log: LogId,
    },
    /// The source could not be read.
    #[error("the source cannot be read: {0}; call copy again to go on")]
    Source(#[source] StoreError),
    /// An event of the source is damaged. What stands before its commit is in the target; nothing was
    /// skipped.
    #[error(
        "the source is damaged: {0}; nothing of it was skipped, and what stands before is copied: \
         restore the source from a backup and call copy again"
    )]
    Damaged(#[source] StoreError),
    /// The events of a commit of the source do not stand together, or the target has only some of them.
    #[error(
        "event {index} of commit {key} stands at {position} of the source, where event {wanted} of a \
         commit was to come: the source is damaged, or the target has that commit in part; restore \
         the source from a backup, or copy into an empty store"
    )]
    Torn {
        /// The key of the commit.
        key: Key,
        /// Where the event stands in the source.
        position: Position,
        /// Its place in its commit.
        index: u32,
        /// The place that was to come.
        wanted: u32,
    },
    /// The target could not be read or written to.
    #[error("the target failed: {0}; call copy again to go on")]
    Target(#[source] StoreError),
    /// The target cannot hold the log. Where its capabilities tell beforehand, nothing was written.
    #[error("the {backend} store cannot hold this log: {why}")]
    Unfit {
        /// The name of the target's backend.
        backend: &'static str,
        /// Why.
        why: Box<Unfit>,
    },
    /// The target refused a commit.
    #[error("the target refused commit {key}, at {position} of the source: {refused}")]
    Refused {
        /// The key of the commit.
        key: Key,
        /// Where its first event stands in the source.
        position: Position,
        /// What the target said.
        #[source]
        refused: Box<Refused>,
    },
    /// The target has something else than the source.
    #[error(transparent)]
    Differs(Box<Difference>),
}

/// Why a store cannot hold a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// It forgets keys.
    #[error(
        "it knows the keys of commits only {}, and a copy that goes on needs them for ever; choose \
         another store",
        for_how_long(.0)
    )]
    Keys(KeyMemory),
    /// It has no commits of several streams, and the log does.
    #[error(
        "commit {key} at {position} writes to {streams} streams, and that store's commits write to \
         one; choose another store"
    )]
    Streams {
        /// The key of the first such commit.
        key: Key,
        /// Where its first event stands in the source.
        position: Position,
        /// To how many streams it writes.
        streams: usize,
    },
    /// A commit is not one that it takes.
    #[error("commit {key} at {position}: {bad}; raise the limits of that store")]
    Commit {
        /// The key of the commit.
        key: Key,
        /// Where its first event stands in the source.
        position: Position,
        /// What is wrong with it.
        bad: BadCommit,
    },
}

fn for_how_long(keys: &KeyMemory) -> String {
    match keys {
        KeyMemory::Forever => "for ever".to_owned(),
        KeyMemory::Window(window) => format!("for {window:?}"),
        KeyMemory::Newest(events) => format!("of the newest {events} events of a stream"),
    }
}
