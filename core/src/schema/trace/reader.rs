//! A place that a value is read from.

use serde::Deserialize;
use serde::de::DeserializeSeed;

use super::error::Error;
use super::run::{Asked, Goal, Run};
use super::step::{Identity, Step};

/// How deep values may be inside each other, newtypes counted.
const MAX_LEVEL: usize = 100;

/// A place that a value is read from.
#[derive(Clone, Debug)]
pub(super) struct Reader<'r> {
    pub(super) run: &'r Run<'r>,
    pub(super) path: Vec<Step>,
    pub(super) level: usize,
}

/// What is to be done at a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    /// Lead on.
    Lead(Step),
    /// Give a sample.
    Give,
}

impl<'r> Reader<'r> {
    pub(super) fn new(run: &'r Run<'r>) -> Self {
        Self { run, path: Vec::new(), level: 0 }
    }

    /// The place one step on.
    pub(super) fn step(&self, step: Step) -> Self {
        let mut path = self.path.clone();
        path.push(step);
        Self { run: self.run, path, level: self.level.saturating_add(1) }
    }

    pub(super) fn of_type<T: for<'de> Deserialize<'de>>(self) -> Result<T, Error> {
        self.of_seed(std::marker::PhantomData::<T>)
    }

    pub(super) fn of_seed<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let (run, path) = (self.run, self.path.clone());
        run.read(&path, seed.deserialize(self))
    }

    /// What is to be done for a type that asks; at the end of the path this may be just to note it.
    pub(super) fn meet(&self, asked: Asked, identity: Identity) -> Result<Task, Error> {
        self.check_bounds()?;
        match self.run.target.strip_prefix(self.path.as_slice()) {
            Some([next, ..]) => Ok(Task::Lead(*next)),
            Some([]) if matches!(self.run.goal, Goal::Look) => {
                self.run.note(asked, identity);
                Err(Error::Stop)
            }
            _ => Ok(Task::Give),
        }
    }

    pub(super) fn check_bounds(&self) -> Result<(), Error> {
        let is_deep = self.level > MAX_LEVEL;
        let checked = if is_deep { Err(Error::Exhausted) } else { self.run.count_call() };
        checked.map_err(|error| self.run.blame(&self.path, error))
    }

    pub(super) fn is_end(&self) -> bool {
        self.path == self.run.target
    }

    /// How often what is made here was refused.
    pub(super) fn attempts(&self) -> usize {
        self.run.samples.attempts(&self.path, self.run.target)
    }

    /// Notes how a visit ended.
    pub(super) fn done<T>(&self, visited: Result<T, Error>) -> Result<T, Error> {
        match visited {
            Ok(_) if self.is_end() && matches!(self.run.goal, Goal::Give(_)) => {
                self.run.note_taken();
                Err(Error::Stop)
            }
            Ok(value) => Ok(value),
            Err(error) => Err(self.run.blame(&self.path, error)),
        }
    }
}
