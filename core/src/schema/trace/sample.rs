//! Which sample values a type takes, learnt from those that it refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::run::Trouble;
use super::step::{Step, common};

/// How often the same place is tried anew.
const MAX_ATTEMPTS: usize = 60;

/// How far down a place that was refused as a whole changes what it is made of.
const REACH: usize = 3;

/// What has been learnt of a place.
#[derive(Debug, Default)]
struct Hint {
    /// The fields that were asked for.
    required: Vec<&'static str>,
    /// How often the value was refused as a whole.
    attempts: usize,
    /// The numbers of the values that were refused where they stand.
    refused: BTreeSet<usize>,
    /// The texts that are taken, if those are known.
    texts: &'static [&'static str],
}

/// What has been learnt of all places.
#[derive(Debug, Default)]
pub(super) struct Samples {
    hints: BTreeMap<Vec<Step>, Hint>,
}

impl Samples {
    /// The fields of an object that have to be given, as far as is known.
    pub(super) fn required(&self, path: &[Step]) -> &[&'static str] {
        self.hints.get(path).map_or(&[], |hint| &hint.required)
    }

    /// The texts that are taken, if those are known.
    pub(super) fn texts(&self, path: &[Step]) -> Option<&'static [&'static str]> {
        self.hints.get(path).map(|hint| hint.texts).filter(|texts| !texts.is_empty())
    }

    /// Which of some values is to be tried.
    pub(super) fn pick(&self, path: &[Step], target: &[Step], count: usize) -> Option<usize> {
        let refused = self.hints.get(path).map(|hint| &hint.refused);
        let is_open = |value: &usize| refused.is_none_or(|refused| !refused.contains(value));
        let open: Vec<_> = (0..count).filter(is_open).collect();
        let turn = self.attempts(path, target).checked_rem(open.len())?;
        open.get(turn).copied()
    }

    /// Which variant of an enum is to be tried.
    pub(super) fn turn(&self, path: &[Step]) -> usize {
        self.hints.get(path).map_or(0, |hint| hint.attempts)
    }

    /// How often a value was refused, alone or as a part of something.
    pub(super) fn attempts(&self, path: &[Step], target: &[Step]) -> usize {
        let first = (common(path, target) + 1).max(path.len().saturating_sub(REACH));
        let around = (first..path.len()).filter_map(|length| path.split_at_checked(length));
        // The attempts of an enum only tell the variant.
        let around = around.filter(|(_, rest)| !matches!(rest, [Step::Variant { .. }, ..]));
        around.map(|(outer, _)| self.turn(outer)).sum::<usize>() + self.turn(path)
    }

    /// Draws the lesson from a run that broke off; whether there is anything left to try.
    pub(super) fn learn(&mut self, trouble: &Trouble, target: &[Step]) -> bool {
        let at = trouble.at.as_slice();
        match trouble.error {
            Error::Missing(field) => self.require(at, field) || self.reject(at, target),
            Error::Refused(value) => self.hint(at).refused.insert(value),
            Error::UnknownVariant(expected) => self.expect(at, expected) || self.reject(at, target),
            Error::Content => self.reject_last_field(at, target),
            Error::Exhausted => self.step_back(at, target),
            Error::Stop | Error::Duplicate(_) | Error::UnknownField | Error::Other => {
                self.reject(at, target)
            }
        }
    }

    /// Adds a field that has to be given; whether it is new.
    pub(super) fn require(&mut self, at: &[Step], field: &'static str) -> bool {
        let required = &mut self.hint(at).required;
        let is_new = !required.contains(&field);
        if is_new {
            required.push(field);
        }
        is_new
    }

    fn expect(&mut self, at: &[Step], texts: &'static [&'static str]) -> bool {
        let hint = self.hint(at);
        let is_new = hint.texts.is_empty() && !texts.is_empty();
        if is_new {
            hint.texts = texts;
            hint.refused.clear();
        }
        is_new
    }

    /// Notes that a value was refused where it stands.
    pub(super) fn refuse(&mut self, at: &[Step], value: usize) {
        self.hint(at).refused.insert(value);
    }

    /// Takes another value for a place as a whole.
    fn reject(&mut self, at: &[Step], target: &[Step]) -> bool {
        let hint = self.hint(at);
        hint.attempts = hint.attempts.saturating_add(1);
        hint.attempts <= MAX_ATTEMPTS || self.step_back(at, target)
    }

    /// Fields are added one by one, and those before had been taken.
    fn reject_last_field(&mut self, at: &[Step], target: &[Step]) -> bool {
        match self.required(at).last().copied() {
            Some(field) => self.reject(&[at, &[Step::Field(field)]].concat(), target),
            None => self.reject(at, target),
        }
    }

    /// Takes another variant of the nearest enum around a place for which there is no value.
    fn step_back(&mut self, at: &[Step], target: &[Step]) -> bool {
        let free = common(at, target);
        let is_variant = |step: &Step| matches!(step, Step::Variant { .. });
        match at.iter().rposition(is_variant).filter(|choice| *choice >= free) {
            Some(choice) => at.get(..choice).is_some_and(|choice| self.reject(choice, target)),
            None => false,
        }
    }

    fn hint(&mut self, at: &[Step]) -> &mut Hint {
        self.hints.entry(at.to_vec()).or_default()
    }
}
