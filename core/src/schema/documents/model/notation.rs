//! A form in one line, in a notation close to TypeScript's.

use crate::schema::{Choice, Field, Object, Shape, Variant};

/// The form of a value.
pub(super) fn notation(shape: &Shape) -> String {
    match shape {
        Shape::Any => "any".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Integer(kind) => kind.to_string(),
        Shape::Float(kind) => kind.to_string(),
        Shape::Char => "char".to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::Bytes => "bytes".to_owned(),
        Shape::Nullable(inner) => format!("{} | null", notation(inner)),
        Shape::List(items) => format!("{}[]", grouped(items)),
        Shape::Tuple(items) => format!("[{}]", joined(items.iter().map(notation), ", ")),
        Shape::Map(key, value) => format!("{{ [{}]: {} }}", notation(key), notation(value)),
        Shape::Object(of) => named(&of.name, object(of), of.fields.iter().map(|f| &f.shape)),
        Shape::Choice(of) => {
            let contents = of.variants.iter().filter_map(|variant| variant.content.as_ref());
            named(&of.name, choice(of), contents)
        }
        Shape::Again(name) => name.clone(),
    }
}

/// A field of an object: `cents (or amount): u64`.
pub(super) fn field(field: &Field) -> String {
    let mut name = field.name.clone();
    if field.optional {
        name += "?";
    }
    if !field.aliases.is_empty() {
        name += &format!(" (or {})", field.aliases.join(", "));
    }
    format!("{name}: {}", notation(&field.shape))
}

fn object(object: &Object) -> String {
    match object.fields.as_slice() {
        [] => "{}".to_owned(),
        fields => format!("{{ {} }}", joined(fields.iter().map(field), ", ")),
    }
}

fn choice(choice: &Choice) -> String {
    match choice.variants.as_slice() {
        [] => "never".to_owned(),
        variants => joined(variants.iter().map(variant), " | "),
    }
}

fn variant(variant: &Variant) -> String {
    match &variant.content {
        None => serde_json::Value::from(variant.name.as_str()).to_string(),
        Some(content) => format!("{{ {}: {} }}", variant.name, notation(content)),
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

/// With its name, if it is found in itself.
fn named<'a>(name: &str, text: String, mut parts: impl Iterator<Item = &'a Shape>) -> String {
    if parts.any(|part| mentions(part, name)) { format!("{name} = {text}") } else { text }
}

fn grouped(shape: &Shape) -> String {
    let text = notation(shape);
    let joined = match shape {
        Shape::Nullable(_) | Shape::Choice(_) => true,
        Shape::Object(object) => text.starts_with(&object.name) && !object.name.is_empty(),
        _ => false,
    };
    if joined { format!("({text})") } else { text }
}

fn mentions(shape: &Shape, name: &str) -> bool {
    match shape {
        Shape::Again(again) => again == name,
        Shape::Nullable(inner) | Shape::List(inner) => mentions(inner, name),
        Shape::Tuple(items) => items.iter().any(|item| mentions(item, name)),
        Shape::Map(_, value) => mentions(value, name),
        Shape::Object(object) => object.fields.iter().any(|field| mentions(&field.shape, name)),
        Shape::Choice(choice) => {
            let mut contents = choice.variants.iter().filter_map(|v| v.content.as_ref());
            contents.any(|content| mentions(content, name))
        }
        Shape::Any
        | Shape::Null
        | Shape::Bool
        | Shape::Integer(_)
        | Shape::Float(_)
        | Shape::Char
        | Shape::Text
        | Shape::Bytes => false,
    }
}

#[cfg(test)]
mod tests {
    use super::notation;
    use crate::schema::{Choice, Field, Object, Shape, Variant};

    fn tree() -> Shape {
        let branches = Shape::List(Box::new(Shape::Again("Tree".to_owned())));
        let branches =
            Field { name: "b".to_owned(), aliases: Vec::new(), shape: branches, optional: true };
        Shape::Object(Object { name: "Tree".to_owned(), fields: vec![branches] })
    }

    #[test]
    fn a_type_in_itself_has_a_name() {
        assert_eq!(notation(&tree()), "Tree = { b?: Tree[] }");
        assert_eq!(notation(&Shape::List(Box::new(tree()))), "(Tree = { b?: Tree[] })[]");
    }

    #[test]
    fn choices_are_joined() {
        let unit = Variant { name: "by foot".to_owned(), content: None };
        let bike = Variant { name: "Bike".to_owned(), content: Some(Shape::Bool) };
        let way = Choice { name: "Way".to_owned(), variants: vec![unit, bike] };
        let ways = Shape::List(Box::new(Shape::Choice(way)));
        assert_eq!(notation(&ways), r#"("by foot" | { Bike: bool })[]"#);
        let pairs = Shape::Map(Box::new(Shape::Text), Box::new(Shape::Tuple(vec![Shape::Any])));
        assert_eq!(notation(&pairs), "{ [string]: [any] }");
    }
}
