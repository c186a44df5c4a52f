//! The types around a place, by which those that hold themselves are found.

use super::run::{Asked, Sighting};
use super::step::Identity;
use crate::schema::{Again, Shape};

/// The types around a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    /// The objects and choices, outermost first.
    named: Vec<Identity>,
    /// The lists, maps, options, tuples and newtypes since the last of those: what holds itself by way
    /// of an object or a choice comes to that again, and has its form.
    others: Vec<Identity>,
}

impl Around {
    /// What stands for a type that is found in itself; nothing for others.
    pub(super) fn again(&self, sighting: &Sighting) -> Option<Shape> {
        let up = self.named.iter().rev().position(|around| *around == sighting.identity);
        if let Some(up) = up {
            return Some(Shape::Again(Again { name: sighting.identity.name.to_owned(), up }));
        }
        unnamed(sighting).any(|identity| self.others.contains(identity)).then_some(Shape::Any)
    }

    /// What is around the places in the one that was sighted.
    pub(super) fn with(&self, sighting: &Sighting) -> Self {
        let mut around = self.clone();
        if is_named(sighting) {
            around.named.push(sighting.identity);
            around.others.clear();
        } else {
            around.others.extend(unnamed(sighting));
        }
        around
    }
}

fn is_named(sighting: &Sighting) -> bool {
    matches!(sighting.asked, Asked::Object | Asked::Choice)
}

fn unnamed(sighting: &Sighting) -> impl Iterator<Item = &Identity> {
    let own = (!is_named(sighting)).then_some(&sighting.identity);
    sighting.newtypes.iter().chain(own)
}
