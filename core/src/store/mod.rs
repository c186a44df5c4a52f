//! The contract between the framework and a log of events.
//!
//! *Problem.* Backends differ in everything but what an event-sourced system needs of them: a
//! decision is stored whole or not at all, nobody's update is lost, and every reader sees the same
//! order without holes.
//!
//! *Invariant.* The ten rules of `docs/decisions/store-contract.md`. Each is a named test of one
//! public conformance suite (`factum-stores`, feature `conformance`), which every backend and every
//! decorator runs.
//!
//! *Shape.* One object-safe trait, [`EventStore`]. What is written is a run of [`Commit`]s, what is
//! read is a [`Page`] of [`Recorded`] events; [`follow`] turns paged reads into an endless tail.
//! Snapshots ([`SnapshotStore`]) and rows of read models ([`RowStore`]) are facets that a backend may
//! have.

mod capabilities;
mod check;
mod commit;
mod error;
mod follow;
mod metadata;
mod outcome;
mod past;
mod position;
mod query;
mod recorded;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;

pub use capabilities::{Capabilities, Durability, KeyMemory};
pub use check::{BadCommit, Limits, check_commit};
pub use commit::{Commit, Expected, Guard, NewEvent, StreamWrite};
pub use error::StoreError;
pub use follow::follow;
pub use metadata::{CommandMark, Headers, Metadata};
pub use outcome::{Actual, Conflict, Outcome, Receipt, Refused, Written};
pub use past::Past;
pub use position::{LogId, Mark, Position, Rewound, Stamp};
pub use query::{Clause, Direction, Query, Range};
pub use recorded::{Page, Recorded};

use crate::snapshot::SnapshotStore;
use crate::view::RowStore;
use crate::{Key, StreamName};

/// A boxed future of a store.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An endless stream of what is appended: see [`EventStore::tail`].
pub type Tail = Pin<Box<dyn Stream<Item = Result<Tailed, StoreError>> + Send>>;

/// What a tail yields.
#[derive(Clone, Debug)]
pub enum Tailed {
    /// Events that match the query, at least one, in order.
    Events(Vec<Recorded>),
    /// The log was searched up to here, and all that matches has been yielded. Comes whenever the
    /// tail has caught up, so that a wait on a filtered view cannot hang.
    Progress(Mark),
}

/// A log of events.
///
/// Every method may be called from any task at any time. Futures may be dropped: a dropped read does
/// nothing, and a dropped append may or may not have been written, all or nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event store",
    label = "not a store",
    note = "hand in a store, such as `MemoryStore` or `SqliteStore` of `factum::stores`, by value; a \
            store of your own implements `factum::store::EventStore`"
)]
pub trait EventStore: std::fmt::Debug + Send + Sync + 'static {
    /// Appends a run of commits. Each is stored whole or not at all and gets its own outcome, in the
    /// order of the run; those that are stored are durable (see [`Capabilities::durability`]) when
    /// the future ends. Commits of a run that share a stream, or of which the later one has a guard,
    /// take effect in their order.
    ///
    /// What is checked of a commit, in this order, the first that fails being its outcome:
    /// 1. its form: [`check_commit`];
    /// 2. its key: one that is known gives its first receipt again, or [`Refused::KeyReused`] if
    ///    that was another commit. Two are the same if their commands are
    ///    ([`CommandMark::same_as`]); where there is no command, if their events are;
    /// 3. its predecessors: [`Refused::Predecessor`] if an earlier commit *of the same run*, with
    ///    which it shares a stream, was refused, or had been stored before at another place than it
    ///    expected; with a guard, if that is so of any earlier one. It was decided on top of what did
    ///    not happen: see [`Past`];
    /// 4. the expected state of its streams, then its guard: [`Refused::Conflict`].
    ///
    /// # Errors
    /// [`StoreError`] if the whole run could not be carried out. Where
    /// [`StoreError::outcome_unknown`] is true, some of it may be stored: append the same commits
    /// under the same keys to find out.
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>>;

    /// Reads at most `limit` events that match, in global order, from within the range.
    ///
    /// A page may be shorter than the limit without being the last: [`Page::more`] tells.
    ///
    /// # Errors
    /// [`StoreError::Rewound`] if the log no longer has what the range continues from
    /// ([`Range::since`]), another [`StoreError`] if the log could not be read or is corrupt.
    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>>;

    /// Follows the log from a mark, or from its beginning: first what is stored, then what comes,
    /// without a gap or a repeat. It survives a restart of the backend and ends only when the store
    /// is closed or after an error that it cannot get over.
    ///
    /// The stream yields [`StoreError::Rewound`] and ends if the log no longer has the event of the
    /// mark, or goes backwards while it is followed.
    fn tail(&self, query: Query, after: Option<Mark>) -> Tail;

    /// The end of the log: the mark of its newest event.
    ///
    /// # Errors
    /// [`StoreError`] if the log could not be read.
    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>>;

    /// The receipt of the commit with this key, if the key is known. `near` is a stream that the
    /// commit would have written to: a backend without an index of keys looks there.
    ///
    /// # Errors
    /// [`StoreError`] if the log could not be read.
    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>>;

    /// What this backend can do, and what it promises.
    fn capabilities(&self) -> Capabilities;

    /// Ends the work of the store, for all its handles, once it has answered what is queued, and gives
    /// back files and connections. Later calls fail with [`StoreError::Closed`]. Cancellation safe:
    /// call it again. A store that has nothing to give back does nothing.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Where this backend keeps snapshots, if it does.
    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }

    /// Where this backend keeps rows of read models, if it does.
    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        None
    }
}
