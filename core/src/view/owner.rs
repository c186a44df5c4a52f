use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::ViewId;
use crate::store::Mark;

/// Who works on a slice of a view: a name that no two workers share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(Arc<str>);

impl Owner {
    /// The owner with this name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// A new owner, named after this process.
    pub fn fresh() -> Self {
        Self(format!("process {}, {}", std::process::id(), Uuid::now_v7()).into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The right to write to a slice. Whoever takes the slice next has a greater epoch, and what comes under
/// an older one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Hold {
    /// Which slice, from 0.
    pub slice: u16,
    /// How often the slice was taken from somebody.
    pub epoch: u64,
}

/// What became of the wish to have a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the caller's.
    Yours {
        /// By which right.
        hold: Hold,
        /// How far the slice is, if it was ever written.
        checkpoint: Option<Mark>,
    },
    /// Somebody else has it.
    Theirs {
        /// Who.
        owner: Owner,
        /// How long at the most, if it is not heard of again.
        left: Duration,
    },
}

/// A slice as a backend has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceState {
    /// Which, and how often it was taken.
    pub hold: Hold,
    /// Who has it, if anybody has and the lease has not run out.
    pub owner: Option<Owner>,
    /// Whether the owner has it for a while that has not run out. One without a lease may be gone for
    /// long: anybody can take the slice.
    pub leased: bool,
    /// How far it is, if it was ever written.
    pub checkpoint: Option<Mark>,
}

/// A building of a view, as a backend has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildState {
    /// Which.
    pub id: ViewId,
    /// Its columns, as [`ViewSpec::column_list`](super::ViewSpec::column_list) has them.
    pub columns: String,
    /// Into how many slices it is split.
    pub slices: u16,
    /// Whether it is the one of its version that queries are to see.
    pub live: bool,
}
