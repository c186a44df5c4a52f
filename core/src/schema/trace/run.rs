//! One reading of a type, along one path.

use std::cell::{Cell, RefCell};

use super::error::Error;
use super::sample::Samples;
use super::step::{Identity, Step};
use crate::schema::Shape;

/// What is to be done at the end of the path.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// Note what is asked there.
    Look,
    /// Make the object there of these fields.
    Give(Vec<&'static str>),
    /// Give the sample with this number.
    Try(usize),
}

/// What was asked at a place.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Leaf(Shape),
    Anything,
    Ignored,
    Identifier,
    UnitVariant,
    Option,
    List,
    Tuple(usize),
    /// A map; or a struct that is read as one, since it has flattened fields.
    Map {
        is_struct: bool,
    },
    Object,
    Choice,
}

/// What was met at the end of a path.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) asked: Asked,
    /// The type that asked, which has the names of its fields or variants.
    pub(super) identity: Identity,
    /// The newtypes around it, at the same place.
    pub(super) newtypes: Vec<Identity>,
}

/// Why a run broke off, and where.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) at: Vec<Step>,
    pub(super) error: Error,
}

/// One reading of a type.
#[derive(Debug)]
pub(super) struct Run<'r> {
    pub(super) target: &'r [Step],
    pub(super) goal: Goal,
    pub(super) samples: &'r Samples,
    newtypes: RefCell<Vec<Identity>>,
    sighting: RefCell<Option<Sighting>>,
    trouble: RefCell<Option<Trouble>>,
    given: Cell<bool>,
    /// How often the type may still ask for something.
    calls_left: Cell<usize>,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// This was asked at the end of the path.
    Sighted(Sighting),
    /// What was given at the end of the path was taken.
    Taken,
    /// What was given at the end of the path was not taken.
    Refused(Error),
    /// It broke off before, for this reason.
    Stuck(Trouble),
    /// It broke off before, and nothing is known.
    Lost,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        target: &'r [Step],
        goal: Goal,
        samples: &'r Samples,
        max_calls: usize,
    ) -> Self {
        Self {
            target,
            goal,
            samples,
            newtypes: RefCell::default(),
            sighting: RefCell::default(),
            trouble: RefCell::default(),
            given: Cell::new(false),
            calls_left: Cell::new(max_calls),
        }
    }

    /// Counts a call, so that a type that asks for ever is told to stop.
    pub(super) fn count_call(&self) -> Result<(), Error> {
        let left = self.calls_left.get().checked_sub(1).ok_or(Error::Exhausted)?;
        self.calls_left.set(left);
        Ok(())
    }

    pub(super) fn calls_left(&self) -> usize {
        self.calls_left.get()
    }

    pub(super) fn note_newtype(&self, identity: Identity) {
        self.newtypes.borrow_mut().push(identity);
    }

    /// Notes what is asked at the end of the path; only the first is kept, for a type that goes on
    /// after an error asks in vain.
    pub(super) fn note(&self, asked: Asked, identity: Identity) {
        let newtypes = self.newtypes.borrow().clone();
        let sighting = Sighting { asked, identity, newtypes };
        self.sighting.borrow_mut().get_or_insert(sighting);
    }

    /// How the reading of a place ended, with all that its type does to the value.
    pub(super) fn read<T>(&self, at: &[Step], read: Result<T, Error>) -> Result<T, Error> {
        match read {
            Ok(_) if at == self.target && matches!(self.goal, Goal::Try(_)) => {
                self.note_taken();
                Err(Error::Stop)
            }
            read => read.map_err(|error| self.blame(at, error)),
        }
    }

    /// Notes that what was given at the end of the path was taken.
    pub(super) fn note_taken(&self) {
        self.given.set(true);
    }

    /// Notes where an error comes from: the first, and so the innermost, place that sees it.
    pub(super) fn blame(&self, at: &[Step], error: Error) -> Error {
        if error != Error::Stop {
            self.trouble.borrow_mut().get_or_insert_with(|| Trouble { at: at.to_vec(), error });
        }
        Error::Stop
    }

    pub(super) fn outcome(self) -> Outcome {
        if let Some(sighting) = self.sighting.into_inner() {
            return Outcome::Sighted(sighting);
        }
        if self.given.get() {
            return Outcome::Taken;
        }
        match self.trouble.into_inner() {
            Some(trouble) if trouble.at == self.target => Outcome::Refused(trouble.error),
            // A place on the path is not made of samples, so others would not help.
            Some(trouble) if !self.target.starts_with(&trouble.at) => Outcome::Stuck(trouble),
            _ => Outcome::Lost,
        }
    }
}
