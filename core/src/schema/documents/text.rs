//! What the source says, cut to size.

use crate::schema::Docs;

/// The first paragraph, in one line.
pub(super) fn summary(docs: &str) -> String {
    let lines = docs.trim().lines().map(str::trim);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    one_line(&lines.join(" "))
}

/// The text without breaks, and one space for many.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is said of the field with this name in JSON, though `rename_all` may have spelled it in
/// another way than Rust does.
pub(super) fn field_doc(docs: &Docs, json_name: &str) -> &'static str {
    let exact = docs.field(json_name);
    if !exact.is_empty() {
        return exact.trim();
    }
    let wanted = letters(json_name);
    let mut fields = docs.fields.iter();
    fields.find(|(field, _)| letters(field) == wanted).map_or("", |(_, doc)| doc.trim())
}

fn letters(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{field_doc, summary};
    use crate::schema::Docs;

    #[test]
    fn a_summary_is_the_first_paragraph() {
        assert_eq!(summary("  One\n two.\n\n Three."), "One two.");
        assert_eq!(summary(""), "");
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
