//! Texts for people.

use std::fmt::Write;

/// The text without breaks, and one space for many.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text in a diagram. Any character but the plainest may mean something to Mermaid, so those are
/// written as codes, unless they are known to be `plain` where the text stands.
pub(crate) fn mermaid(text: &str, plain: &[char]) -> String {
    let mut label = String::new();
    for c in one_line(text).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-') || plain.contains(&c) {
            label.push(c);
        } else {
            // Writing to a string does not fail.
            let _ = write!(label, "#{};", u32::from(c));
        }
    }
    label
}
