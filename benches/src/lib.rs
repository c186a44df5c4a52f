//! What the benchmarks share. How each figure is measured is said in `docs/performance.md`.

pub mod bare;
pub mod children;
pub mod events;
pub mod guard;
pub mod load;
pub mod memory;
pub mod report;
pub mod transfers;

/// What a benchmark can fail with.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a benchmark gives, or what it failed with.
pub type Result<T> = std::result::Result<T, Error>;

/// The middle of the values, the mean of both middles where there are two; `NaN` of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.get(middle.wrapping_sub(1))) {
        (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => {
            f64::midpoint(*lower, *upper)
        }
        (Some(only), _) => *only,
        _ => f64::NAN,
    }
}
