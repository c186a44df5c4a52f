use factum_core::view::{Comparison, Condition, Value};

/// The values, if the conditions are that one column is equal to one of them, none of which is null.
pub(crate) fn values_of_one_column(any: &[Condition]) -> Option<(usize, Vec<&Value>)> {
    let (mut of, mut values) = (None, Vec::with_capacity(any.len()));
    for condition in any {
        match condition {
            Condition::Compare { column, comparison: Comparison::Eq, value }
                if *value != Value::Null && *of.get_or_insert(*column) == *column =>
            {
                values.push(value);
            }
            _ => return None,
        }
    }
    of.map(|column| (column, values))
}
