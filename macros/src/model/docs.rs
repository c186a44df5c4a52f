//! What the source says about an item.

use syn::{Attribute, Expr, Ident, Lit, Meta};

/// Doc comments, for the description that a derive puts out.
#[derive(Default)]
pub(crate) struct Docs {
    pub(crate) item: String,
    /// Of the fields that have one, by name.
    pub(crate) fields: Vec<(String, String)>,
}

impl Docs {
    pub(crate) fn of<'a>(
        attrs: &[Attribute],
        fields: impl IntoIterator<Item = &'a syn::Field>,
    ) -> Self {
        let documented = |field: &syn::Field| {
            let (name, text) = (field.ident.as_ref().map(unraw)?, text(&field.attrs));
            (!text.is_empty()).then_some((name, text))
        };
        Self { item: text(attrs), fields: fields.into_iter().filter_map(documented).collect() }
    }
}

/// The name without the `r#` of a raw identifier, as serde has it.
pub(crate) fn unraw(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn text(attrs: &[Attribute]) -> String {
    let lines: Vec<String> = attrs.iter().filter_map(line).collect();
    lines.join("\n").trim().to_owned()
}

fn line(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(doc) = &attr.meta else { return None };
    let Expr::Lit(literal) = &doc.value else { return None };
    let (true, Lit::Str(text)) = (doc.path.is_ident("doc"), &literal.lit) else { return None };
    let text = text.value();
    Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
}
