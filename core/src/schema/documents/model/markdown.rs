//! Texts in Markdown, safe in a cell of a table too.

use crate::schema::documents::text::one_line;

/// A text of the source, as it is written.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.contains(['`', '\\']) {
        // Between backticks nothing can be escaped.
        return format!("<code>{}</code>", text.chars().map(entity).collect::<String>());
    }
    format!("`{}`", without_bars(&text))
}

fn entity(c: char) -> String {
    if c.is_alphanumeric() || c == ' ' { c.to_string() } else { format!("&#{};", u32::from(c)) }
}

/// A line that is Markdown already.
pub(super) fn prose(line: &str) -> String {
    without_bars(line)
}

/// Bars end a cell, unless a backslash is before them that is not escaped itself.
fn without_bars(text: &str) -> String {
    let (mut safe, mut escaped) = (String::with_capacity(text.len()), false);
    for c in text.chars() {
        if c == '|' && !escaped {
            safe.push('\\');
        }
        escaped = c == '\\' && !escaped;
        safe.push(c);
    }
    safe
}

/// A table.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = row(heads.iter().copied());
    text += &row(heads.iter().map(|_| "---"));
    for cells in rows {
        text += &row(cells.iter().map(String::as_str));
    }
    text
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::{code, prose};

    #[test]
    fn bars_do_not_end_a_cell() {
        assert_eq!(code("u64 | null"), r"`u64 \| null`");
        assert_eq!(code(r"a\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(code("a`b"), "<code>a&#96;b</code>");
        assert_eq!(prose(r"a|b \| \\|"), r"a\|b \| \\\|");
    }
}
