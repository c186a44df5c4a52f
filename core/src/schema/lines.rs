//! A form as lines, one for each place in it.

use std::fmt;

use super::path::{Step, join, quoted, shown};
use super::{Checked, Field, Shape};
use crate::snapshot::{FNV1A_START, fnv1a};

/// What stands before the length of an array.
pub(super) const ARRAY: &str = "list of ";

/// An object that refuses fields that it does not know.
pub(super) const STRICT: &str = "object, no others";

/// What stands between a kind that is checked and its sample.
pub(super) const LIKE: &str = " like ";

/// What stands behind a kind that is checked and has no sample.
pub(super) const CHECKED: &str = " (checked)";

/// One place in a form: `place.town: string`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Where: `place.town`, `tags[]`, `pair[0]`, `prices{}`, `kind/Car`. A name that has other
    /// characters than ASCII letters, digits, `_` and `-` stands there as a JSON text. Empty for the
    /// form itself, which is shown as `(value)`.
    pub path: String,
    /// Whether it may be left out: the path is shown with `?` behind it.
    pub optional: bool,
    /// Other names of the last step, in order: shown as `(or old)`.
    pub aliases: Vec<String>,
    /// What stands there: `string`, `u64 | null`, `object`, `list`, …; `again place` is the form at
    /// `place` once more, and `string like "2000-01-01"` one that is looked at before it is taken, with
    /// the first sample that was, or `string (checked)` if none was. `object, no others` refuses
    /// fields that it does not know.
    pub kind: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(shown(&self.path))?;
        f.write_str(if self.optional { "?" } else { "" })?;
        if !self.aliases.is_empty() {
            let aliases: Vec<_> = self.aliases.iter().map(|alias| quoted(alias)).collect();
            write!(f, " (or {})", aliases.join(", "))?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl Shape {
    /// The form as lines, sorted: one for each place. The outermost object is left out, unless it is strict.
    ///
    /// ```
    /// use factum_core::schema::Shape;
    /// let pair = Shape::Tuple(vec![Shape::Bool, Shape::Nullable(Box::new(Shape::Text))]);
    /// let shown: Vec<_> = pair.lines().iter().map(ToString::to_string).collect();
    /// assert_eq!(shown, ["(value): tuple", "[0]: bool", "[1]: string | null"]);
    /// ```
    pub fn lines(&self) -> Vec<Line> {
        let mut walk = Walk::default();
        match self {
            Self::Object(object) if !object.strict => {
                walk.around.push(String::new());
                walk.fields("", &object.fields);
            }
            other => walk.place(Line::at(String::new()), other),
        }
        walk.lines.sort();
        walk.lines
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

/// Collects the lines of a form.
#[derive(Default)]
struct Walk {
    lines: Vec<Line>,
    /// The paths of the objects and choices around a place.
    around: Vec<String>,
}

impl Walk {
    /// Adds the line of a place, and those of the places in it.
    fn place(&mut self, line: Line, shape: &Shape) {
        let path = line.path.clone();
        self.lines.push(Line { kind: self.kind(shape), ..line });
        self.inside(&path, shape);
    }

    fn inside(&mut self, path: &str, shape: &Shape) {
        match shape {
            Shape::Nullable(inner) => self.inside(path, inner),
            Shape::List(inner) | Shape::Array(inner, _) => {
                self.place(Line::at(join(path, &Step::Item)), inner)
            }
            Shape::Tuple(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.place(Line::at(join(path, &Step::Place(place))), item);
                }
            }
            Shape::Map(key, value) => {
                self.inside(&join(path, &Step::Key), key);
                self.place(Line::at(join(path, &Step::Value)), value);
            }
            Shape::Object(object) => {
                self.around.push(path.to_owned());
                self.fields(path, &object.fields);
                self.around.pop();
            }
            Shape::Choice(choice) => {
                self.around.push(path.to_owned());
                for variant in &choice.variants {
                    let line = Line::at(join(path, &Step::Variant(variant.name.clone())));
                    match &variant.content {
                        Some(content) => self.place(line, content),
                        None => self.lines.push(Line { kind: "unit".to_owned(), ..line }),
                    }
                }
                self.around.pop();
            }
            Shape::Any
            | Shape::Null
            | Shape::Bool
            | Shape::Integer(_)
            | Shape::Float(_)
            | Shape::Char
            | Shape::Text
            | Shape::Bytes
            | Shape::Checked(_)
            | Shape::Again(_) => {}
        }
    }

    fn fields(&mut self, path: &str, fields: &[Field]) {
        for field in fields {
            let mut aliases = field.aliases.clone();
            aliases.sort();
            aliases.dedup();
            let line = Line {
                optional: field.optional,
                aliases,
                ..Line::at(join(path, &Step::Field(field.name.clone())))
            };
            self.place(line, &field.shape);
        }
    }

    fn kind(&self, shape: &Shape) -> String {
        match shape {
            Shape::Any => "any".to_owned(),
            Shape::Null => "null".to_owned(),
            Shape::Bool => "bool".to_owned(),
            Shape::Integer(integer) => integer.to_string(),
            Shape::Float(float) => float.to_string(),
            Shape::Char => "char".to_owned(),
            Shape::Text => "string".to_owned(),
            Shape::Bytes => "bytes".to_owned(),
            Shape::Checked(Checked { of, like: Some(like) }) => {
                format!("{}{LIKE}{like}", self.kind(of))
            }
            Shape::Checked(Checked { of, like: None }) => format!("{}{CHECKED}", self.kind(of)),
            Shape::Nullable(inner) => format!("{} | null", self.kind(without_null(inner))),
            Shape::List(_) => "list".to_owned(),
            Shape::Tuple(_) => "tuple".to_owned(),
            Shape::Array(_, length) => format!("{ARRAY}{length}"),
            Shape::Map(key, _) => match without_null(key) {
                Shape::Text => "map".to_owned(),
                key => format!("map by {}", self.kind(key)),
            },
            Shape::Object(object) if object.strict => STRICT.to_owned(),
            Shape::Object(_) => "object".to_owned(),
            Shape::Choice(_) => "choice".to_owned(),
            Shape::Again(again) => self.again(again.up),
        }
    }

    /// By its path, so that a type may be renamed.
    fn again(&self, up: usize) -> String {
        match self.around.iter().rev().nth(up) {
            Some(path) => format!("again {}", shown(path)),
            None => "any".to_owned(),
        }
    }
}

/// JSON has one `null`, however often it may stand there.
pub(super) fn without_null(mut shape: &Shape) -> &Shape {
    while let Shape::Nullable(inner) = shape {
        shape = inner;
    }
    shape
}
