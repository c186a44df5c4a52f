//! A form as lines, one for each place in it.

use std::fmt;

use super::{Field, Shape};
use crate::snapshot::{FNV1A_START, fnv1a};

/// One place in a form: `place.town: string`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Where: `place.town`, `tags[]`, `pair[0]`, `prices{}`, `kind/Car`. Empty for the form itself,
    /// which is shown as `(value)`.
    pub path: String,
    /// Whether it may be left out: the path is shown with `?` behind it.
    pub optional: bool,
    /// Other names of the last step, in order: shown as `(or old)`.
    pub aliases: Vec<String>,
    /// What stands there: `string`, `u64 | null`, `object`, `list`, …
    pub kind: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.path.is_empty() { "(value)" } else { &self.path })?;
        f.write_str(if self.optional { "?" } else { "" })?;
        if !self.aliases.is_empty() {
            write!(f, " (or {})", self.aliases.join(", "))?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl Shape {
    /// The form as lines, sorted: one for each place, the outermost object left out.
    ///
    /// ```
    /// use factum_core::schema::Shape;
    /// let lines = Shape::of::<(u64, Option<String>)>().lines();
    /// let shown: Vec<_> = lines.iter().map(ToString::to_string).collect();
    /// assert_eq!(shown, ["(value): tuple", "[0]: u64", "[1]: string | null"]);
    /// ```
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        match self {
            Self::Object(object) => fields(&mut lines, "", &object.fields),
            other => walk(&mut lines, Line::at(String::new()), other),
        }
        lines.sort();
        lines
    }

    /// A fingerprint of the lines: the same as long as they are.
    pub fn fingerprint(&self) -> u64 {
        self.lines()
            .iter()
            .fold(FNV1A_START, |hash, line| fnv1a(fnv1a(hash, line.to_string().as_bytes()), b"\n"))
    }
}

impl Line {
    fn at(path: String) -> Self {
        Self { path, optional: false, aliases: Vec::new(), kind: String::new() }
    }
}

fn fields(lines: &mut Vec<Line>, path: &str, fields: &[Field]) {
    for field in fields {
        let dot = if path.is_empty() { "" } else { "." };
        let line = Line {
            optional: field.optional,
            aliases: field.aliases.clone(),
            ..Line::at(format!("{path}{dot}{}", field.name))
        };
        walk(lines, line, &field.shape);
    }
}

/// Adds the line of a place, and those of the places in it.
fn walk(lines: &mut Vec<Line>, line: Line, shape: &Shape) {
    let path = line.path.clone();
    lines.push(Line { kind: kind(shape), ..line });
    inside(lines, &path, shape);
}

fn inside(lines: &mut Vec<Line>, path: &str, shape: &Shape) {
    match shape {
        Shape::Nullable(inner) => inside(lines, path, inner),
        Shape::List(inner) => walk(lines, Line::at(format!("{path}[]")), inner),
        Shape::Tuple(items) => {
            for (place, item) in items.iter().enumerate() {
                walk(lines, Line::at(format!("{path}[{place}]")), item);
            }
        }
        Shape::Map(_, value) => walk(lines, Line::at(format!("{path}{{}}")), value),
        Shape::Object(object) => fields(lines, path, &object.fields),
        Shape::Choice(choice) => {
            for variant in &choice.variants {
                let path = format!("{path}/{}", variant.name);
                match &variant.content {
                    Some(content) => walk(lines, Line::at(path), content),
                    None => lines.push(Line { kind: "unit".to_owned(), ..Line::at(path) }),
                }
            }
        }
        Shape::Any
        | Shape::Null
        | Shape::Bool
        | Shape::Integer(_)
        | Shape::Float(_)
        | Shape::Char
        | Shape::Text
        | Shape::Bytes
        | Shape::Again(_) => {}
    }
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Any => "any".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Integer(integer) => integer.to_string(),
        Shape::Float(float) => float.to_string(),
        Shape::Char => "char".to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::Bytes => "bytes".to_owned(),
        Shape::Nullable(inner) => format!("{} | null", kind(inner)),
        Shape::List(_) => "list".to_owned(),
        Shape::Tuple(_) => "tuple".to_owned(),
        Shape::Map(key, _) => match **key {
            Shape::Text => "map".to_owned(),
            ref key => format!("map by {}", kind(key)),
        },
        Shape::Object(_) => "object".to_owned(),
        Shape::Choice(_) => "choice".to_owned(),
        Shape::Again(name) => format!("again {name}"),
    }
}
