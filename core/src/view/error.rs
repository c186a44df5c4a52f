use super::{BadFilter, ViewId};
use crate::store::{Mark, StoreError};

/// A view's rows could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The store failed.
    #[error("view {view}: {source}")]
    Store {
        /// Which view.
        view: ViewId,
        /// How.
        source: StoreError,
    },
    /// Somebody else moved the checkpoint.
    #[error(transparent)]
    Fenced(Box<Fenced>),
    /// The stored columns are others.
    #[error(
        "view {view} is stored with the columns ({stored}), the code has ({wanted}): raise the \
         projection's version so that it is built anew"
    )]
    OtherColumns {
        /// Which view.
        view: ViewId,
        /// What is stored.
        stored: String,
        /// What the code has.
        wanted: String,
    },
    /// The view is stored in another number of slices.
    #[error(
        "view {view} is stored in {stored} slices, the app has {wanted}: give it as many as before, or \
         raise the projection's version so that it is built anew"
    )]
    OtherSlices {
        /// Which view.
        view: ViewId,
        /// How many are stored.
        stored: u16,
        /// How many the app has.
        wanted: u16,
    },
    /// The view has no such slice.
    #[error("view {view} has no slice {slice}: they count from 0 to {}", .slices.saturating_sub(1))]
    NoSlice {
        /// Which view.
        view: ViewId,
        /// Which slice was named.
        slice: u16,
        /// How many there are.
        slices: u16,
    },
    /// Nobody keeps the view.
    #[error("view {view} is not kept: start the app with `.projection::<…>()` of it")]
    Missing {
        /// Which view.
        view: ViewId,
    },
    /// The view cannot be inline.
    #[error("view {view} cannot be inline: {problem}")]
    NotInline {
        /// Which view.
        view: ViewId,
        /// Why not.
        problem: NotInline,
    },
    /// The query cannot be asked of any store.
    #[error("view {view}: the filter cannot be used: {problem}")]
    BadFilter {
        /// Which view.
        view: ViewId,
        /// What is wrong.
        problem: BadFilter,
    },
    /// The query would look at more rows than its store looks at for one.
    #[error(
        "view {view}: the query looks at more than {limit} rows, the store's bound: compare a column so \
         that fewer are left, or give it a limit and an order that meets such rows early"
    )]
    TooManyRows {
        /// Which view.
        view: ViewId,
        /// How many the store looks at.
        limit: usize,
    },
    /// A stored row is not what the code expects.
    #[error(
        "view {view}, row {key:?}: {problem}; raise the projection's version so that it is built anew"
    )]
    BadRow {
        /// Which view.
        view: ViewId,
        /// Which row.
        key: String,
        /// What is wrong.
        problem: String,
    },
}

/// Why the rows of a view cannot change in the commits of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotInline {
    /// The app's store cannot do it.
    #[error(
        "the {backend} store writes no rows together with events; leave `.inline()` out, so that the view \
         follows the log"
    )]
    Backend {
        /// The store's name.
        backend: &'static str,
    },
    /// Its rows are not those of streams.
    #[error(
        "the key of each row must be the id of the event's stream; leave `.inline()` out, or `by`, `keys` \
         and `#[key(tag)]`"
    )]
    Keys,
    /// It is split.
    #[error(
        "it is split into {slices} slices, where one is all that can be; leave `.slices(…)` out"
    )]
    Slices {
        /// Into how many.
        slices: u16,
    },
}

/// A slice is no longer its worker's: somebody else took it, or moved its checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "view {view}, slice {slice}: {}; this worker stops",
    if *.taken { "somebody else has taken it" } else { "the checkpoint is not where this worker left it" }
)]
pub struct Fenced {
    /// Which view.
    pub view: ViewId,
    /// Which slice.
    pub slice: u16,
    /// Where the worker thought the checkpoint was.
    pub expected: Option<Mark>,
    /// Where it is.
    pub found: Option<Mark>,
    /// Whether the slice was taken by somebody else.
    pub taken: bool,
}

impl From<Fenced> for ViewError {
    fn from(fenced: Fenced) -> Self {
        Self::Fenced(Box::new(fenced))
    }
}
