//! A form in one line, in a notation close to TypeScript's.

use crate::schema::documents::keys;
use crate::schema::{Choice, Field, Object, Shape, Variant};

/// The form of a value.
pub(super) fn notation(shape: &Shape) -> String {
    Notation::default().form(shape)
}

/// The fields of an object that is a table's row: `cents (or amount): u64`.
pub(super) fn fields(object: &Object) -> Vec<String> {
    let mut notation = Notation { around: vec![object.name.clone()] };
    object.fields.iter().map(|field| notation.field(field)).collect()
}

/// Writes forms.
#[derive(Debug, Default)]
struct Notation {
    /// What the objects and choices around a place are called here; empty where they are not.
    around: Vec<String>,
}

impl Notation {
    fn form(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Any => "any".to_owned(),
            Shape::Null => "null".to_owned(),
            Shape::Bool => "bool".to_owned(),
            Shape::Integer(kind) => kind.to_string(),
            Shape::Float(kind) => kind.to_string(),
            Shape::Char => "char".to_owned(),
            Shape::Text => "string".to_owned(),
            Shape::Bytes => "bytes".to_owned(),
            Shape::Checked(checked) => format!("checked {}", self.form(&checked.of)),
            Shape::Nullable(inner) => format!("{} | null", self.form(inner)),
            Shape::List(items) => format!("{}[]", self.grouped(items)),
            Shape::Array(items, length) => format!("{}[{length}]", self.grouped(items)),
            Shape::Tuple(items) => {
                let items = items.iter().map(|item| self.form(item));
                format!("[{}]", joined(items, ", "))
            }
            Shape::Map(key, value) => {
                format!("{{ [{}]: {} }}", self.form(key), self.form(value))
            }
            Shape::Object(of) => self.named(&of.name, shape, |notation| notation.object(of)),
            Shape::Choice(of) => self.named(&of.name, shape, |notation| notation.choice(of)),
            Shape::Again(again) => match self.around.iter().rev().nth(again.up) {
                Some(name) => name.clone(),
                None => "any".to_owned(),
            },
        }
    }

    fn field(&mut self, field: &Field) -> String {
        let mut name = field.name.clone();
        if field.optional {
            name += "?";
        }
        if !field.aliases.is_empty() {
            name += &format!(" (or {})", field.aliases.join(", "));
        }
        format!("{name}: {}", self.form(&field.shape))
    }

    fn object(&mut self, object: &Object) -> String {
        match object.fields.as_slice() {
            [] => "{}".to_owned(),
            fields => {
                format!("{{ {} }}", joined(fields.iter().map(|field| self.field(field)), ", "))
            }
        }
    }

    fn choice(&mut self, choice: &Choice) -> String {
        match choice.variants.as_slice() {
            [] => "never".to_owned(),
            variants => joined(variants.iter().map(|variant| self.variant(variant)), " | "),
        }
    }

    fn variant(&mut self, variant: &Variant) -> String {
        match &variant.content {
            None => serde_json::Value::from(variant.name.as_str()).to_string(),
            Some(content) => format!("{{ {}: {} }}", variant.name, self.form(content)),
        }
    }

    /// With a name that nothing around has, if it is found in itself.
    fn named(
        &mut self,
        name: &str,
        shape: &Shape,
        write: impl FnOnce(&mut Self) -> String,
    ) -> String {
        let name = if holds_itself(shape) {
            let name = if name.is_empty() { "It" } else { name };
            keys::free(name.to_owned(), |key| self.around.iter().any(|around| around == key))
        } else {
            String::new()
        };
        self.around.push(name.clone());
        let text = write(self);
        self.around.pop();
        if name.is_empty() { text } else { format!("{name} = {text}") }
    }

    fn grouped(&mut self, shape: &Shape) -> String {
        let text = self.form(shape);
        let joined = match shape {
            Shape::Nullable(_) | Shape::Choice(_) | Shape::Checked(_) => true,
            Shape::Object(_) => holds_itself(shape),
            _ => false,
        };
        if joined { format!("({text})") } else { text }
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn holds_itself(shape: &Shape) -> bool {
    shape.parts().into_iter().any(|part| mentions(part, 0))
}

/// Whether the object or choice that is so many further up than the nearest stands in here again.
fn mentions(shape: &Shape, up: usize) -> bool {
    let up = match shape {
        Shape::Again(again) => return again.up == up,
        Shape::Object(_) | Shape::Choice(_) => up.saturating_add(1),
        _ => up,
    };
    shape.parts().into_iter().any(|part| mentions(part, up))
}

#[cfg(test)]
mod tests {
    use super::notation;
    use crate::schema::{Again, Choice, Field, Object, Shape, Variant};

    fn tree() -> Shape {
        let again = Again { name: "Tree".to_owned(), up: 0 };
        let branches = Shape::List(Box::new(Shape::Again(again)));
        let branches =
            Field { name: "b".to_owned(), aliases: Vec::new(), shape: branches, optional: true };
        Shape::Object(Object { name: "Tree".to_owned(), fields: vec![branches], strict: false })
    }

    #[test]
    fn a_type_in_itself_has_a_name() {
        assert_eq!(notation(&tree()), "Tree = { b?: Tree[] }");
        assert_eq!(notation(&Shape::List(Box::new(tree()))), "(Tree = { b?: Tree[] })[]");
    }

    fn object(name: &str, field: &str, shape: Shape) -> Shape {
        let field = Field { name: field.to_owned(), aliases: Vec::new(), shape, optional: false };
        Shape::Object(Object { name: name.to_owned(), fields: vec![field], strict: false })
    }

    #[test]
    fn types_of_the_same_name_are_told_apart() {
        let again = |up| Shape::Again(Again { name: "Node".to_owned(), up });
        let outer = object("Node", "child", object("Node", "back", again(1)));
        assert_eq!(notation(&outer), "Node = { child: { back: Node } }");
        let inner = object("Node", "child", object("Node", "back", again(0)));
        assert_eq!(notation(&inner), "{ child: Node = { back: Node } }");
        let both = Shape::Tuple(vec![again(0), again(1)]);
        let both = object("Node", "child", object("Node", "back", both));
        assert_eq!(notation(&both), "Node = { child: Node_2 = { back: [Node_2, Node] } }");
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
