//! Finding all places of a form.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::around::Around;
use super::error::Error;
use super::reader::Reader;
use super::run::{Asked, Goal, Outcome, Run, Sighting};
use super::sample::Samples;
use super::step::{Identity, Step};
use crate::schema::{Choice, Shape, Variant};

/// How many steps a place may be away.
const MAX_DEPTH: usize = 32;

/// How often a type may ask for something in one run.
const MAX_CALLS_OF_RUN: usize = 10_000;

/// How often a type may ask for something in all runs; far more than any takes that people write.
const MAX_CALLS: usize = 200_000;

/// Up to how many items of a tuple are told apart.
const MAX_PLACES: usize = 64;

/// Reads a type, again and again.
#[derive(Debug)]
pub(super) struct Explorer {
    read: fn(Reader<'_>) -> Result<(), Error>,
    pub(super) samples: Samples,
    calls_left: usize,
}

impl Explorer {
    pub(super) fn new(read: fn(Reader<'_>) -> Result<(), Error>) -> Self {
        Self { read, samples: Samples::default(), calls_left: MAX_CALLS }
    }

    /// The whole form.
    pub(super) fn shape(mut self) -> Shape {
        self.place(&[], &Around::default()).unwrap_or(Shape::Any)
    }

    /// Reads along a path, with other samples as long as those beside it are refused.
    pub(super) fn run(&mut self, target: &[Step], goal: &Goal) -> Outcome {
        while self.calls_left > 0 {
            let max_calls = self.calls_left.min(MAX_CALLS_OF_RUN);
            let run = Run::new(target, goal.clone(), &self.samples, max_calls);
            let ended = catch_unwind(AssertUnwindSafe(|| (self.read)(Reader::new(&run))));
            let calls = max_calls.saturating_sub(run.calls_left());
            self.calls_left = self.calls_left.saturating_sub(calls.max(1));
            match run.outcome() {
                Outcome::Stuck(trouble) if ended.is_ok() => {
                    if !self.samples.learn(&trouble, target) {
                        return Outcome::Stuck(trouble);
                    }
                }
                outcome @ (Outcome::Sighted(_) | Outcome::Taken) => return outcome,
                outcome => return if ended.is_ok() { outcome } else { Outcome::Lost },
            }
        }
        Outcome::Lost
    }

    pub(super) fn has_calls_left(&self) -> bool {
        self.calls_left > 0
    }

    /// The form of a place; nothing if what is there is not read.
    pub(super) fn place(&mut self, path: &[Step], around: &Around) -> Option<Shape> {
        if path.len() > MAX_DEPTH {
            return Some(Shape::Any);
        }
        match self.run(path, &Goal::Look) {
            Outcome::Sighted(sighting) => self.sighted(path, sighting, around),
            _ => Some(Shape::Any),
        }
    }

    fn sighted(&mut self, path: &[Step], sighting: Sighting, around: &Around) -> Option<Shape> {
        let is_key = path.last() == Some(&Step::Key);
        match &sighting.asked {
            Asked::Leaf(kind) => return Some(self.leaf(path, kind)),
            // The keys are known, so this is the map of a struct.
            Asked::Identifier if is_key => return None,
            Asked::Identifier => return Some(Shape::Text),
            // Keys are texts in JSON, whatever is made of them.
            Asked::Anything if is_key => return Some(Shape::Text),
            Asked::Anything | Asked::Map { is_struct: true } => return Some(Shape::Any),
            Asked::Ignored if matches!(path.last(), Some(Step::Variant { .. })) => {
                return Some(Shape::Any);
            }
            Asked::Ignored | Asked::UnitVariant => return None,
            Asked::Option
            | Asked::List
            | Asked::Tuple(_)
            | Asked::Map { is_struct: false }
            | Asked::Object
            | Asked::Choice => {}
        }
        let again = around.again(&sighting);
        again.or_else(|| Some(self.inside(path, &sighting, &around.with(&sighting))))
    }

    fn inside(&mut self, path: &[Step], sighting: &Sighting, around: &Around) -> Shape {
        let identity = sighting.identity;
        match &sighting.asked {
            Asked::Option => nullable(self.part(path, Step::Inner, around)),
            Asked::List => Shape::List(Box::new(self.part(path, Step::Item, around))),
            Asked::Tuple(len) => self.tuple(path, *len, around),
            Asked::Map { .. } => self.map(path, around),
            Asked::Object => self.object(path, identity, around),
            Asked::Choice => self.choice(path, identity, around),
            _ => Shape::Any,
        }
    }

    /// The form of what is one step on.
    fn part(&mut self, path: &[Step], step: Step, around: &Around) -> Shape {
        self.step(path, step, around).unwrap_or(Shape::Any)
    }

    pub(super) fn step(&mut self, path: &[Step], step: Step, around: &Around) -> Option<Shape> {
        self.place(&[path, &[step]].concat(), around)
    }

    fn tuple(&mut self, path: &[Step], len: usize, around: &Around) -> Shape {
        if len > MAX_PLACES {
            return Shape::Array(Box::new(self.part(path, Step::Place(0), around)), len);
        }
        Shape::Tuple((0..len).map(|at| self.part(path, Step::Place(at), around)).collect())
    }

    fn map(&mut self, path: &[Step], around: &Around) -> Shape {
        let key = self.step(path, Step::Key, around);
        let value = self.step(path, Step::Value, around);
        match (key, value) {
            (Some(key), Some(value)) => Shape::Map(Box::new(key), Box::new(value)),
            // What is read depends on the key.
            _ => Shape::Any,
        }
    }

    fn choice(&mut self, path: &[Step], identity: Identity, around: &Around) -> Shape {
        let variant = |name: &'static str| {
            let step = Step::Variant { of: identity.visitor, name };
            Variant { name: name.to_owned(), content: self.step(path, step, around) }
        };
        let variants = identity.parts.iter().copied().map(variant).collect();
        Shape::Choice(Choice { name: identity.name.to_owned(), variants })
    }
}

/// `null` is `null`, however many options are around it.
fn nullable(shape: Shape) -> Shape {
    match shape {
        Shape::Nullable(_) => shape,
        shape => Shape::Nullable(Box::new(shape)),
    }
}
