//! Read models: their rows, and how they are asked.
//!
//! *Problem.* A view whose rows and checkpoint can part shows an event twice or never.
//! *Invariant.* Rows and checkpoint change in one transaction, on the condition that the checkpoint
//! is where the writer thinks it is, and that nobody else has taken its slice. *Shape.* [`RowStore`] is
//! what a backend implements; [`Column`], [`Filter`] and [`Order`] are what users write queries with.

mod batch;
mod column;
mod error;
mod inline;
mod owner;
mod rows;
mod select;
mod spec;
mod value;

pub use batch::{Row, RowBatch, RowChanges};
pub use column::{Column, ColumnSpec, Comparable, Filter, Indexed, NotIndexed, Operand, Order};
pub use error::{Fenced, NotInline, ViewError};
pub use inline::{InlineRows, InlineView, inline_batch, inline_search};
pub use owner::{BuildState, Hold, Owner, SliceState, Taken};
pub use rows::RowStore;
pub use select::{BadFilter, Comparison, Condition, Select, Sort, check_conditions};
pub use spec::{Part, ViewId, ViewSpec};
pub use value::{Indexable, Value, ValueKind};
