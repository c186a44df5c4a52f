//! Snapshots: an aggregate's state beside the log, so that a long stream loads fast.
//!
//! *Invariant.* A snapshot is a cache. Losing one, or having one of another shape, only costs time;
//! one whose event is no longer in the log is ignored.

use bytes::Bytes;

use crate::codec::{Form, JsonForm};
use crate::store::{BoxFuture, Mark, StoreError};
use crate::{Aggregate, Event, StreamName};

/// How an aggregate's state is kept: written by `snapshot(every = …)`.
#[derive(Debug)]
pub struct SnapshotPolicy<A> {
    /// After how many events a new snapshot is taken.
    pub every: u64,
    /// A fingerprint of the state's fields as they are written in the source.
    pub shape: u64,
    /// How the state is written and read.
    pub form: Form<A>,
}

impl<A: Aggregate> SnapshotPolicy<A> {
    /// The policy for a state with serde impls.
    pub fn serde(every: u64, shape: u64) -> Self
    where
        A: JsonForm,
    {
        Self { every: every.max(1), shape, form: Form::serde() }
    }

    /// The shape of the state, nested types included, and of the events that it was folded from: a
    /// snapshot of another shape is not used, so two deployments can work side by side. It takes some
    /// microseconds to find out; keep it. The types are run for that: see
    /// [`Shape::of`](crate::schema::Shape::of).
    pub fn full_shape(&self) -> u64 {
        let state = fnv1a(self.shape, &self.form.shape().fingerprint().to_le_bytes());
        A::Event::TYPES.iter().fold(state, |shape, event| {
            let named = fnv1a(shape, event.name.as_bytes());
            fnv1a(named, &event.version.to_le_bytes())
        })
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): stable for ever, which the standard library's hashers are
/// not. `const`, so that derives compute fingerprints while they compile.
pub const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
        rest = tail;
    }
    hash
}

/// Where [`fnv1a`] starts.
pub const FNV1A_START: u64 = 0xcbf2_9ce4_8422_2325;

/// A fingerprint of fields, each a name and a type as text.
///
/// ```
/// use factum_core::snapshot::fingerprint;
/// const BEFORE: u64 = fingerprint(&[("cents", "u64")]);
/// assert_ne!(BEFORE, fingerprint(&[("cents", "i64")]));
/// ```
pub const fn fingerprint(fields: &[(&str, &str)]) -> u64 {
    let mut hash = FNV1A_START;
    let mut rest = fields;
    while let [(name, kind), tail @ ..] = rest {
        // The lengths keep apart what would run together.
        hash = fnv1a(hash, &(name.len() as u64).to_le_bytes());
        hash = fnv1a(hash, name.as_bytes());
        hash = fnv1a(hash, &(kind.len() as u64).to_le_bytes());
        hash = fnv1a(hash, kind.as_bytes());
        rest = tail;
    }
    hash
}

/// A kept state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Of which stream.
    pub stream: StreamName,
    /// Of which shape: [`SnapshotPolicy::full_shape`].
    pub shape: u64,
    /// The revision that it is complete to.
    pub revision: u64,
    /// The event of that revision.
    pub mark: Mark,
    /// The state.
    pub state: Bytes,
}

/// Where snapshots are kept: the newest one for each stream and shape.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep snapshots",
    label = "not a store of snapshots",
    note = "a store of your own implements `factum::snapshot::SnapshotStore`"
)]
pub trait SnapshotStore: std::fmt::Debug + Send + Sync + 'static {
    /// The newest snapshot of this shape.
    ///
    /// # Errors
    /// [`StoreError`] if the store could not be read.
    fn load(
        &self,
        stream: StreamName,
        shape: u64,
    ) -> BoxFuture<'_, Result<Option<Snapshot>, StoreError>>;

    /// Keeps a snapshot in place of the one before. One of a lower revision than the kept one is
    /// dropped.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>>;
}
