//! What the row stores in SQL databases share.

mod conditions;
mod names;

pub(crate) use conditions::values_of_one_column;
pub(crate) use names::{building, columns, part_name, quoted};
