//! The code of an upcaster that takes what is locked.

use super::form::Form;
use super::today::Known;
use crate::schema::{Field, Object, Shape};

/// The variant with its version raised.
pub(super) fn attribute(event: &Known<'_>, raised: u32) -> String {
    let schema = event.schema;
    let was: String = schema.was.iter().map(|name| format!(", was = {name:?}")).collect();
    let past: String = schema.past.iter().map(|past| format!("{} => …, ", past.version)).collect();
    let (version, function) = (schema.version, function_name(schema.variant, schema.version));
    format!(
        "    #[event({:?}, version = {raised}{was}, upcast({past}{version} => {function}))]\n    {} {{ .. }},",
        schema.name, schema.variant,
    )
}

/// The function, and the struct that it takes if one can be written from what is locked.
pub(super) fn function(event: &Known<'_>, version: u32, locked: &Form) -> String {
    let function = function_name(event.schema.variant, version);
    match fields(locked) {
        Some(fields) => {
            let old = format!("{}V{version}", event.schema.variant);
            // The last one gives the event, one before that the form that the next one takes.
            let last = version.saturating_add(1) >= event.schema.version;
            let new = if last { event.enum_name } else { "…" };
            format!(
                "    #[derive(Deserialize)]\n    struct {old} {{\n{fields}    }}\n    \
                 fn {function}(old: {old}) -> {new} {{ .. }}"
            )
        }
        None => format!(
            "    use factum::upcast::Fields;\n    fn {function}(mut old: Fields) -> Fields {{ .. }}"
        ),
    }
}

fn function_name(variant: &str, version: u32) -> String {
    let variant = snake_case(variant);
    format!("{}_from_v{version}", if variant.is_empty() { "event" } else { &variant })
}

/// The fields of a struct; nothing if one of them has no type that is known here.
fn fields(locked: &Form) -> Option<String> {
    let Shape::Object(Object { fields, .. }) = &locked.shape else { return None };
    let mut names = Vec::new();
    let mut lines = String::new();
    for field in fields {
        let name = identifier(&field.name)?;
        let attribute = serde_attribute(field, &name);
        lines.extend([attribute, format!("        {name}: {},\n", rust_type(&field.shape)?)]);
        names.push(name);
    }
    names.sort();
    names.windows(2).all(|pair| pair.first() != pair.last()).then_some(lines)
}

fn serde_attribute(field: &Field, identifier: &str) -> String {
    let mut options = Vec::new();
    if identifier.trim_start_matches("r#") != field.name {
        options.push(format!("rename = {:?}", field.name));
    }
    options.extend(field.aliases.iter().map(|alias| format!("alias = {alias:?}")));
    // Serde takes an `Option` that is left out for `None`.
    if field.optional && !matches!(field.shape, Shape::Nullable(_)) {
        options.push("default".to_owned());
    }
    match options.as_slice() {
        [] => String::new(),
        options => format!("        #[serde({})]\n", options.join(", ")),
    }
}

fn rust_type(shape: &Shape) -> Option<String> {
    Some(match shape {
        Shape::Null => "()".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Integer(integer) => integer.to_string(),
        Shape::Float(float) => float.to_string(),
        Shape::Char => "char".to_owned(),
        Shape::Text => "String".to_owned(),
        Shape::Bytes => "Vec<u8>".to_owned(),
        // All that is stored passed the check.
        Shape::Checked(checked) => rust_type(&checked.of)?,
        Shape::Nullable(inner) => format!("Option<{}>", rust_type(inner)?),
        Shape::List(item) => format!("Vec<{}>", rust_type(item)?),
        Shape::Map(key, value) => {
            format!("HashMap<{}, {}>", rust_type(key)?, rust_type(value)?)
        }
        Shape::Tuple(items) => {
            let items: Option<Vec<_>> = items.iter().map(rust_type).collect();
            match items?.as_slice() {
                [item] => format!("({item},)"),
                items => format!("({})", items.join(", ")),
            }
        }
        // Serde reads no array of that length.
        Shape::Array(..) => return None,
        Shape::Any | Shape::Object(_) | Shape::Choice(_) | Shape::Again(_) => return None,
    })
}

/// The name of a field in Rust.
fn identifier(name: &str) -> Option<String> {
    let name = snake_case(name);
    let is_identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match name.as_str() {
        // These cannot be written raw.
        "self" | "super" | "crate" => Some(format!("{name}_")),
        "" | "_" => None,
        keyword if KEYWORDS.contains(&keyword) => Some(format!("r#{keyword}")),
        _ => is_identifier.then_some(name),
    }
}

/// `OpenedAgain` and `openedAgain` as `opened_again`, `HTTPCall` as `http_call`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut chars = name.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        let begins = c.is_uppercase()
            && before.is_some_and(|before: char| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase())
            });
        if begins {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
        before = Some(c);
    }
    snake
}

const KEYWORDS: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while",
];
