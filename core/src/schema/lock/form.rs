//! Lines as the form that they are of.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use crate::schema::lines::{ARRAY, CHECKED, LIKE, STRICT};
use crate::schema::path::{Step, join};
use crate::schema::{Again, Checked, Choice, Field, Float, Integer, Line, Object, Shape, Variant};

/// A form, as lines and as the shape that they tell of. Its objects and choices have their paths as
/// names, and [`Shape::Again`] names such a path.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) lines: Vec<Line>,
    pub(super) shape: Shape,
}

impl Form {
    pub(super) fn of(shape: &Shape) -> Self {
        Self::of_lines(shape.lines())
    }

    /// What these lines tell of. What makes no sense is left out: see [`Form::extra`].
    pub(super) fn of_lines(mut lines: Vec<Line>) -> Self {
        lines.sort();
        let shape = Builder::new(&inside(&lines)).whole(&lines);
        Self { lines, shape }
    }

    /// The places that do not belong to any other.
    pub(super) fn extra(&self) -> impl Iterator<Item = &str> {
        let sound = self.shape.lines();
        let extra = self.lines.iter().filter(move |line| !sound.contains(line));
        extra.map(|line| line.path.as_str())
    }

    /// A place that is not there and should be.
    pub(super) fn missing(&self) -> Option<String> {
        let sound = self.shape.lines().into_iter();
        sound.map(|line| line.path).find(|path| self.lines.iter().all(|line| line.path != *path))
    }

    /// Whether nothing is known of it.
    pub(super) fn is_unknown(&self) -> bool {
        self.shape == Shape::Any
    }

    /// What stands at this place.
    pub(super) fn kind(&self, path: &str) -> &str {
        self.lines.iter().find(|line| line.path == path).map_or("object", |line| &line.kind)
    }
}

/// The places in a place, by its path.
type Inside<'a> = BTreeMap<String, Vec<(Step, &'a Line)>>;

fn inside(lines: &[Line]) -> Inside<'_> {
    let mut inside = Inside::new();
    for line in lines {
        let mut steps = Cursor::new(&line.path).steps().unwrap_or_default();
        if let Some(last) = steps.pop() {
            let path = steps.iter().fold(String::new(), |path, step| join(&path, step));
            inside.entry(path).or_default().push((last, line));
        }
    }
    for places in inside.values_mut() {
        places.sort();
    }
    inside
}

struct Builder<'a> {
    inside: &'a Inside<'a>,
    /// The paths of the objects and choices around a place.
    around: Vec<String>,
}

impl<'a> Builder<'a> {
    fn new(inside: &'a Inside<'a>) -> Self {
        Self { inside, around: Vec::new() }
    }

    fn whole(&mut self, lines: &[Line]) -> Shape {
        match lines.iter().find(|line| line.path.is_empty()) {
            Some(line) => self.shape("", &line.kind),
            None => Shape::Object(self.object("")),
        }
    }

    fn shape(&mut self, path: &str, kind: &str) -> Shape {
        if let Some(kind) = kind.strip_suffix(" | null") {
            return Shape::Nullable(Box::new(self.shape(path, kind)));
        }
        if let Some(shape) = self.shape_with_argument(path, kind) {
            return shape;
        }
        if let Some(shape) = leaf(kind) {
            return shape;
        }
        match kind {
            "list" => Shape::List(Box::new(self.at(path, Step::Item))),
            "tuple" => Shape::Tuple(self.items(path)),
            "map" => Shape::Map(Box::new(Shape::Text), Box::new(self.at(path, Step::Value))),
            "object" => Shape::Object(self.object(path)),
            STRICT => Shape::Object(Object { strict: true, ..self.object(path) }),
            "choice" => Shape::Choice(self.choice(path)),
            _ => Shape::Any,
        }
    }

    fn shape_with_argument(&mut self, path: &str, kind: &str) -> Option<Shape> {
        if let Some(key) = kind.strip_prefix("map by ") {
            let key = self.shape(&join(path, &Step::Key), key);
            return Some(Shape::Map(Box::new(key), Box::new(self.at(path, Step::Value))));
        }
        if let Some(length) = kind.strip_prefix(ARRAY) {
            let length = length.parse().ok()?;
            return Some(Shape::Array(Box::new(self.at(path, Step::Item)), length));
        }
        self.again(Cursor::new(kind.strip_prefix("again ")?).path()?)
    }

    fn again(&self, name: String) -> Option<Shape> {
        let up = self.around.iter().rev().position(|around| *around == name)?;
        Some(Shape::Again(Again { name, up }))
    }

    fn places(&self, path: &str) -> impl Iterator<Item = &'a (Step, &'a Line)> + use<'a> {
        self.inside.get(path).into_iter().flatten()
    }

    fn at(&mut self, path: &str, step: Step) -> Shape {
        let place = self.places(path).find(|(at, _)| *at == step);
        place.map_or(Shape::Any, |(_, line)| self.shape(&line.path, &line.kind))
    }

    fn items(&mut self, path: &str) -> Vec<Shape> {
        let items = self.places(path).filter(|(step, _)| matches!(step, Step::Place(_)));
        items.map(|(_, line)| self.shape(&line.path, &line.kind)).collect()
    }

    fn object(&mut self, path: &str) -> Object {
        self.around.push(path.to_owned());
        let fields = self.places(path).filter_map(|(step, line)| match step {
            Step::Field(name) => Some(Field {
                name: name.clone(),
                aliases: line.aliases.clone(),
                shape: self.shape(&line.path, &line.kind),
                optional: line.optional,
            }),
            _ => None,
        });
        let object = Object { name: path.to_owned(), fields: fields.collect(), strict: false };
        self.around.pop();
        object
    }

    fn choice(&mut self, path: &str) -> Choice {
        self.around.push(path.to_owned());
        let variants = self.places(path).filter_map(|(step, line)| match step {
            Step::Variant(name) => Some(Variant {
                name: name.clone(),
                content: (line.kind != "unit").then(|| self.shape(&line.path, &line.kind)),
            }),
            _ => None,
        });
        let choice = Choice { name: path.to_owned(), variants: variants.collect() };
        self.around.pop();
        choice
    }
}

/// Whether there is such a kind.
pub(super) fn is_kind(kind: &str) -> bool {
    if let Some(kind) = kind.strip_suffix(" | null").or_else(|| kind.strip_prefix("map by ")) {
        return is_kind(kind);
    }
    let words = ["any", "list", "tuple", "map", "object", STRICT, "choice", "unit"];
    let length =
        |kind: &str| kind.strip_prefix(ARRAY).map(|length| length.parse::<usize>().is_ok());
    length(kind).unwrap_or_else(|| {
        words.contains(&kind) || kind.starts_with("again ") || leaf(kind).is_some()
    })
}

/// The form of a kind without parts, which may be checked.
fn leaf(kind: &str) -> Option<Shape> {
    let (of, like) = match (kind.split_once(LIKE), kind.strip_suffix(CHECKED)) {
        (Some((of, like)), _) => (of, Some(like.to_owned())),
        (None, Some(of)) => (of, None),
        (None, None) => return plain_leaf(kind),
    };
    let of = Box::new(plain_leaf(of)?);
    Some(Shape::Checked(Checked { of, like }))
}

fn plain_leaf(kind: &str) -> Option<Shape> {
    match kind {
        "null" => Some(Shape::Null),
        "bool" => Some(Shape::Bool),
        "char" => Some(Shape::Char),
        "string" => Some(Shape::Text),
        "bytes" => Some(Shape::Bytes),
        number_kind => number(number_kind),
    }
}

fn number(kind: &str) -> Option<Shape> {
    let integer = INTEGERS.into_iter().find(|integer| integer.to_string() == kind);
    let float = [Float::F32, Float::F64].into_iter().find(|float| float.to_string() == kind);
    integer.map(Shape::Integer).or(float.map(Shape::Float))
}

const INTEGERS: [Integer; 10] = [
    Integer::U8,
    Integer::U16,
    Integer::U32,
    Integer::U64,
    Integer::U128,
    Integer::I8,
    Integer::I16,
    Integer::I32,
    Integer::I64,
    Integer::I128,
];
