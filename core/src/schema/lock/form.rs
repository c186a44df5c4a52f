//! Lines as the form that they are of.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use crate::schema::path::{Step, join};
use crate::schema::{Choice, Field, Float, Integer, Line, Object, Shape, Variant};

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
        let shape = Builder::new(&lines).whole(&lines);
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

struct Builder<'a> {
    /// The places in a place, by its path.
    inside: BTreeMap<String, Vec<(Step, &'a Line)>>,
}

impl<'a> Builder<'a> {
    fn new(lines: &'a [Line]) -> Self {
        let mut inside: BTreeMap<_, Vec<_>> = BTreeMap::new();
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
        Self { inside }
    }

    fn whole(&self, lines: &[Line]) -> Shape {
        match lines.iter().find(|line| line.path.is_empty()) {
            Some(line) => self.shape("", &line.kind),
            None => Shape::Object(self.object("")),
        }
    }

    fn shape(&self, path: &str, kind: &str) -> Shape {
        if let Some(kind) = kind.strip_suffix(" | null") {
            return Shape::Nullable(Box::new(self.shape(path, kind)));
        }
        match kind {
            "null" => Shape::Null,
            "bool" => Shape::Bool,
            "char" => Shape::Char,
            "string" => Shape::Text,
            "bytes" => Shape::Bytes,
            "list" => Shape::List(Box::new(self.at(path, Step::Item))),
            "tuple" => Shape::Tuple(self.items(path)),
            "map" => Shape::Map(Box::new(Shape::Text), Box::new(self.at(path, Step::Value))),
            "object" => Shape::Object(self.object(path)),
            "choice" => Shape::Choice(self.choice(path)),
            other => number(other).unwrap_or_else(|| self.shape_with_argument(path, other)),
        }
    }

    fn shape_with_argument(&self, path: &str, kind: &str) -> Shape {
        if let Some(key) = kind.strip_prefix("map by ") {
            let key = self.shape(&join(path, &Step::Key), key);
            return Shape::Map(Box::new(key), Box::new(self.at(path, Step::Value)));
        }
        let again = kind.strip_prefix("again ").and_then(|path| Cursor::new(path).path());
        again.map_or(Shape::Any, Shape::Again)
    }

    fn places(&self, path: &str) -> impl Iterator<Item = &(Step, &'a Line)> {
        self.inside.get(path).into_iter().flatten()
    }

    fn at(&self, path: &str, step: Step) -> Shape {
        let place = self.places(path).find(|(at, _)| *at == step);
        place.map_or(Shape::Any, |(_, line)| self.shape(&line.path, &line.kind))
    }

    fn items(&self, path: &str) -> Vec<Shape> {
        let items = self.places(path).filter(|(step, _)| matches!(step, Step::Place(_)));
        items.map(|(_, line)| self.shape(&line.path, &line.kind)).collect()
    }

    fn object(&self, path: &str) -> Object {
        let fields = self.places(path).filter_map(|(step, line)| match step {
            Step::Field(name) => Some(Field {
                name: name.clone(),
                aliases: line.aliases.clone(),
                shape: self.shape(&line.path, &line.kind),
                optional: line.optional,
            }),
            _ => None,
        });
        Object { name: path.to_owned(), fields: fields.collect() }
    }

    fn choice(&self, path: &str) -> Choice {
        let variants = self.places(path).filter_map(|(step, line)| match step {
            Step::Variant(name) => Some(Variant {
                name: name.clone(),
                content: (line.kind != "unit").then(|| self.shape(&line.path, &line.kind)),
            }),
            _ => None,
        });
        Choice { name: path.to_owned(), variants: variants.collect() }
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
