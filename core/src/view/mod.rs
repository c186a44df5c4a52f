//! Read models: their rows, and how they are asked.
//!
//! *Problem.* A view whose rows and checkpoint can part shows an event twice or never.
//! *Invariant.* Rows and checkpoint change in one transaction, on the condition that the checkpoint
//! is where the writer thinks it is. *Shape.* [`RowStore`] is what a backend implements;
//! [`Column`], [`Filter`] and [`Order`] are what users write queries with.

mod column;
mod rows;
mod select;
mod value;

pub use column::{Column, ColumnSpec, Comparable, Filter, Indexed, NotIndexed, Operand, Order};
pub use rows::{Fenced, Row, RowBatch, RowStore, ViewError, ViewId, ViewSpec};
pub use select::{BadFilter, Comparison, Condition, Select, Sort, check_conditions};
pub use value::{Indexable, Value, ValueKind};
