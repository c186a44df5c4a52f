//! Tables for people, and `figure NAME VALUE UNIT` for programs.

use std::io::Write;

/// Prints a line.
pub fn line(text: &str) {
    // Nobody reads any more: there is nobody to tell.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints one figure.
pub fn figure(name: &str, value: f64, unit: &str) {
    let digits = if value >= 1000.0 { 0 } else { 3 };
    line(&format!("figure {name} {value:.digits$} {unit}"));
}

/// Prints a row of a table: its name, then its cells.
pub fn row<S: AsRef<str>>(name: &str, cells: impl IntoIterator<Item = S>) {
    let cells: String = cells.into_iter().map(|cell| format!("{:>24}", cell.as_ref())).collect();
    line(&format!("{name:<28}{cells}"));
}

/// The median of what was measured, with the least and the greatest of it.
pub fn spread(values: &[f64], digits: usize) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = super::median(values.iter().copied());
    format!("{middle:.digits$} ({least:.digits$}-{most:.digits$})")
}
