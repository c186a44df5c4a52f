use std::fmt;

use factum_core::schema::documents::Document;

/// How much of a line is shown.
const SHOWN: usize = 80;

/// Where a document that is kept is first not what the app says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of the document.
    pub name: &'static str,
    /// The first line that differs; nothing if the document is missing.
    pub first: Option<DifferentLine>,
}

/// A line that differs. Where one text is at its end, the line is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferentLine {
    /// Its number.
    pub number: usize,
    /// As it is kept.
    pub kept: String,
    /// As the app says it.
    pub now: String,
}

impl Difference {
    pub(super) fn of(document: &Document, kept: Option<&str>) -> Self {
        Self { name: document.name, first: kept.and_then(|kept| first(kept, &document.text)) }
    }
}

fn first(kept: &str, now: &str) -> Option<DifferentLine> {
    // One more, so that a line end that is missing differs, too.
    let (mut kept, mut now) = (kept.split('\n'), now.split('\n'));
    for number in 1.. {
        match (kept.next(), now.next()) {
            (None, None) => return None,
            (kept, now) if kept == now => {}
            (kept, now) => {
                let text = |line: Option<&str>| line.unwrap_or_default().to_owned();
                return Some(DifferentLine { number, kept: text(kept), now: text(now) });
            }
        }
    }
    None
}

/// Over several lines, as a listing of changes has it.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(DifferentLine { number, kept, now }) = &self.first else {
            return write!(f, "{} is missing", self.name);
        };
        let (kept, now) = (short(kept, now), short(now, kept));
        write!(f, "{}:{number}:\n        - {kept}\n        + {now}", self.name)
    }
}

/// What is shown of a line: from a little before where it differs.
fn short(line: &str, other: &str) -> String {
    let same = line.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = if line.chars().count() > SHOWN { same.saturating_sub(SHOWN / 2) } else { 0 };
    let shown: String = line.chars().skip(from).take(SHOWN).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if line.chars().count() > from.saturating_add(SHOWN) { "…" } else { "" };
    format!("{before}{}{after}", if from > 0 { &shown } else { shown.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kept: Option<&str>, now: &str) -> String {
        Difference::of(&Document { name: "model.md", text: now.to_owned() }, kept).to_string()
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(told(None, "a\n"), "model.md is missing");
        let expected = "model.md:2:\n        - cents\n        + euros";
        assert_eq!(told(Some("a\n  cents\nb\n"), "a\n  euros\nc\n"), expected);
        assert_eq!(told(Some("a\n"), "a\nb\n"), "model.md:2:\n        - \n        + b");
        assert_eq!(told(Some("a\nb\n"), "a\n"), "model.md:2:\n        - b\n        + ");
    }

    #[test]
    fn long_lines_are_cut_where_they_differ() {
        let line = |end: &str| format!("{}{end}{}\n", "ü".repeat(100), "x".repeat(200));
        let told = told(Some(&line("old")), &line("new"));
        assert!(told.contains("üold") && told.contains("ünew"), "{told}");
        assert!(told.lines().all(|line| line.chars().count() < 100), "{told}");
    }
}
