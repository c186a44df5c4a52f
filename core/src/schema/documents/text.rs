//! What the source says, cut to size.

use crate::schema::describe::same_field;
use crate::schema::{Docs, TagSchema};
pub(super) use crate::text::one_line;

/// The first paragraph, in one line.
pub(super) fn summary(docs: &str) -> String {
    let lines = docs.trim().lines().map(str::trim);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    one_line(&lines.join(" "))
}

/// What is said of the field with this name in JSON.
pub(super) fn field_doc(docs: &Docs, json_name: &str) -> &'static str {
    let exact = docs.field(json_name);
    if !exact.is_empty() {
        return exact.trim();
    }
    let mut fields = docs.fields.iter();
    fields.find(|(field, _)| same_field(json_name, field)).map_or("", |(_, doc)| doc.trim())
}

/// The names of the tags, each once, in the order of their fields.
pub(super) fn tag_names(tags: &[TagSchema]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for tag in tags {
        if !names.contains(&tag.name) {
            names.push(tag.name);
        }
    }
    names
}

/// Names in a sentence: `a` and `b`.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{field_doc, listed, summary};
    use crate::schema::Docs;

    #[test]
    fn a_summary_is_the_first_paragraph() {
        assert_eq!(summary("  One\n two.\n\n Three."), "One two.");
        assert_eq!(summary(""), "");
    }

    #[test]
    fn names_make_a_sentence() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn docs_are_found_under_another_spelling() {
        let docs = Docs { item: "", fields: &[("first_name", "Given."), ("r#type", "Sort.")] };
        assert_eq!(field_doc(&docs, "firstName"), "Given.");
        assert_eq!(field_doc(&docs, "first_name"), "Given.");
        assert_eq!(field_doc(&docs, "type"), "Sort.");
        assert_eq!(field_doc(&docs, "last"), "");
    }
}
