//! A whole log, copied from one store to another.
//!
//! *Problem.* An app outgrows its file, or a test wants a log in memory. Its events have to move to
//! another backend with all that others refer to, also when the copy is killed half-way, when the
//! source is still written to, and when the target is not what somebody thinks it is.
//!
//! *Invariant.* What [`copy`] leaves in the target is a prefix of the source, whole commits in the same
//! order, or it fails and says where they differ. Nothing is copied twice or left out without a word.
//!
//! *Shape.* Every commit is appended under its key, with the revisions that its streams had in the
//! source and with a guard that nothing else came into the target. Each run of commits is read back
//! from the target and compared with the source event by event, while the next one is written and the one
//! after that is read; so at most two runs were never compared, and the next call begins with those.
//!
//! What is kept: the order, keys, and so ids of events; streams and revisions, names, versions, tags
//! and payloads; time, correlation, causation, actor, command and headers. What is not: the target is a
//! log of its own, with its own id, positions and stamps. Checkpoints and marks of the source mean
//! nothing in it, so views are built again. Snapshots and rows of views are not copied.

mod checksum;
mod compare;
mod cursor;
mod error;
mod fit;
mod patience;
mod place;
mod runs;
mod target;
mod work;

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use factum_core::store::{BoxFuture, EventStore, Mark, Position};

pub use checksum::Checksum;
pub use compare::{Difference, Differing, Place};
pub use error::{CopyError, Unfit};
use patience::Patience;

/// Copies the log of one store to another.
///
/// The target has to be empty, or to hold what an earlier call copied from the same source: then it
/// goes on from there. The source may be written to meanwhile. The copy ends when it has caught up with
/// the end of the source; a later call brings what came after [`Copied::up_to`]. Where the target is to
/// take over, stop the writers of the source first.
///
/// Nobody else may write to the target: that is noticed and refused. Memory is bounded by a few runs of
/// commits. The future may be dropped; a later call goes on. A store that is away for a while is waited
/// for ([`Copying::patience`]); that takes a tokio runtime with time.
///
/// ```
/// use factum_core::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
/// use factum_core::{EventName, Key, StreamName, Tags};
/// use factum_stores::{MemoryStore, copy};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (from, to) = (MemoryStore::new(), MemoryStore::new());
/// # let event = NewEvent {
/// #     name: EventName::fixed("account.opened"),
/// #     version: 1,
/// #     tags: Tags::none(),
/// #     payload: "{}".into(),
/// # };
/// # let stream = StreamName::of("account", "alice")?;
/// # let write = StreamWrite { stream, expected: Expected::NoStream, events: vec![event] };
/// # let key = Key::now_v7();
/// # let commit = Commit { key, meta: Metadata::default(), writes: vec![write], guard: None, views: Vec::new() };
/// # from.append(vec![commit]).await?;
/// let copied = copy(&from, &to).progress(|p| eprintln!("{} events", p.copied)).await?;
/// assert_eq!((copied.events, copied.commits, copied.streams), (1, 1, 1));
/// assert_eq!(copied.up_to, from.head().await?);
/// assert_eq!(copy(&from, &to).await?.events, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
///
/// # Errors
/// [`CopyError`], when awaited.
pub fn copy<'a>(from: &'a dyn EventStore, to: &'a dyn EventStore) -> Copying<'a> {
    Copying { from, to, progress: None, compares_all: false, patience: Patience::default() }
}

/// What hears of the progress.
type Listener<'a> = Box<dyn FnMut(Progress) + Send + 'a>;

/// A copy that is about to begin: await it. See [`copy`].
#[must_use = "a copy does nothing unless it is awaited"]
pub struct Copying<'a> {
    from: &'a dyn EventStore,
    to: &'a dyn EventStore,
    progress: Option<Listener<'a>>,
    compares_all: bool,
    patience: Patience,
}

impl<'a> Copying<'a> {
    /// Calls this about once in a thousand events, and at the end.
    pub fn progress(mut self, told: impl FnMut(Progress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// Compares also what earlier calls copied, from the first event on, and counts it in the report.
    /// Reads both logs whole. Without it, a call that goes on compares the end of the target alone:
    /// what stands before was compared when it was written.
    pub fn compare_all(mut self) -> Self {
        self.compares_all = true;
        self
    }

    /// For how long at a time a store may be away: while its errors are such as pass, each call is made
    /// again, with pauses from 20 ms to 2 s, and goes on where it was. A minute if nothing is said; with
    /// nothing, the first error ends the copy.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Patience(patience);
        self
    }
}

impl fmt::Debug for Copying<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, compares_all, patience, progress: _ } = self;
        f.debug_struct("Copying")
            .field("from", from)
            .field("to", to)
            .field("compares_all", compares_all)
            .field("patience", &patience.0)
            .finish_non_exhaustive()
    }
}

impl<'a> IntoFuture for Copying<'a> {
    type Output = Result<Copied, CopyError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(work::copy(self))
    }
}

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many events this call has copied and compared.
    pub copied: u64,
    /// Up to which position of the source.
    pub position: Position,
    /// The end of the source when it was last looked at. Positions may have holes, so a share that is
    /// computed from them is an estimate.
    pub of: Position,
}

/// What a call of [`copy`] has done. All numbers are about what stands in the source after `after`, up
/// to and with `up_to`: it was read from both logs and was the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many events.
    pub events: u64,
    /// How many commits.
    pub commits: u64,
    /// How many streams begin there.
    pub streams: u64,
    /// A checksum of these events, the same for the same events in any store.
    pub checksum: Checksum,
    /// Where in the source this call went on; `None` if it began with the first event.
    pub after: Option<Mark>,
    /// The end of the source that was reached. What was appended to it later is not copied.
    pub up_to: Mark,
    /// The end of the target: what stands there is the event at `up_to`.
    pub target: Mark,
}
