//! Which fields of an object may be left out, and which names mean the same one.

use super::around::Around;
use super::error::Error;
use super::explore::Explorer;
use super::run::{Goal, Outcome};
use super::step::{Identity, Step};
use crate::schema::{Field, Object, Shape};

type Name = &'static str;

/// Names that hardly any field has; surely not all of them.
const UNKNOWN: [Name; 2] = ["no such field", "nor this one"];

/// What is known of the fields that have to be there.
#[derive(Debug)]
struct Required {
    fields: Vec<Name>,
    /// From which place on in the list of names nothing is known of the others.
    unknown_from: usize,
}

impl Required {
    fn requires(&self, place: usize, name: Name) -> bool {
        self.fields.contains(&name) || place >= self.unknown_from
    }
}

impl Explorer {
    /// The form of an object with known fields.
    pub(super) fn object(&mut self, path: &[Step], identity: Identity, around: &Around) -> Shape {
        let mut found: Vec<(Name, Shape)> = Vec::new();
        for name in identity.parts {
            let is_new = found.iter().all(|(known, _)| known != name);
            if let Some(shape) = self.step(path, Step::Field(name), around).filter(|_| is_new) {
                found.push((name, shape));
            }
        }
        let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
        let required = self.required(path, &names);
        let fields = self.merged(path, &found, &required);
        let strict = self.is_strict(path, identity.parts);
        Shape::Object(Object { name: identity.name.to_owned(), fields, strict })
    }

    /// Gives a field that there is not.
    fn is_strict(&mut self, path: &[Step], names: &[Name]) -> bool {
        let mut free = UNKNOWN.into_iter().filter(|name| !names.contains(name));
        let given = free.next().map(|name| Goal::Give(vec![name]));
        let is_refused = |outcome| matches!(outcome, Outcome::Refused(Error::UnknownField));
        given.is_some_and(|goal| is_refused(self.run(path, &goal)))
    }

    /// Gives the fields that are known to be needed, until no more are missed.
    fn required(&mut self, path: &[Step], names: &[Name]) -> Required {
        loop {
            let fields = self.samples.required(path).to_vec();
            match self.run(path, &Goal::Give(fields.clone())) {
                Outcome::Refused(Error::Missing(name)) if self.samples.require(path, name) => {}
                Outcome::Taken => return Required { fields, unknown_from: usize::MAX },
                Outcome::Refused(_) => return self.required_one_by_one(path, names),
                // Serde's derive looks at them in order, and had come to the last.
                Outcome::Stuck(_) | Outcome::Lost | Outcome::Sighted(_) => {
                    let last = names.iter().rposition(|name| fields.contains(name));
                    return Required { fields, unknown_from: last.unwrap_or(0) };
                }
            }
        }
    }

    /// Leaves out each in turn: for a type that does not tell what it misses.
    fn required_one_by_one(&mut self, path: &[Step], names: &[Name]) -> Required {
        let mut is_taken = |without: Option<&Name>| {
            let given = names.iter().filter(|name| Some(*name) != without).copied().collect();
            matches!(self.run(path, &Goal::Give(given)), Outcome::Taken)
        };
        if !is_taken(None) {
            return Required { fields: names.to_vec(), unknown_from: 0 };
        }
        let fields = names.iter().filter(|name| !is_taken(Some(name))).copied().collect();
        Required { fields, unknown_from: usize::MAX }
    }

    /// The fields, each with all of its names.
    fn merged(
        &mut self,
        path: &[Step],
        found: &[(Name, Shape)],
        required: &Required,
    ) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        let main_names = self.main_names(path, found, required);
        for (main, shape) in main_names.iter().zip(found.iter().map(|(_, shape)| shape)) {
            if fields.iter().any(|field| field.name == *main) {
                continue;
            }
            let names = main_names.iter().zip(found).filter(|(of, _)| *of == main);
            let others = names.map(|(_, (name, _))| *name).filter(|name| name != main);
            let mut aliases: Vec<_> = others.map(str::to_owned).collect();
            aliases.sort();
            let place = found.iter().position(|(name, _)| name == main).unwrap_or(usize::MAX);
            fields.push(Field {
                name: (*main).to_owned(),
                aliases,
                shape: shape.clone(),
                optional: !required.requires(place, main),
            });
        }
        fields
    }

    /// For each name the one that its field is written under. Serde's derive lists the names of a
    /// field side by side, so only neighbours of the same form are asked for.
    fn main_names(
        &mut self,
        path: &[Step],
        found: &[(Name, Shape)],
        required: &Required,
    ) -> Vec<Name> {
        let is_like = |place: Option<usize>, shape: &Shape| {
            place.and_then(|place| found.get(place)).is_some_and(|(_, other)| other == shape)
        };
        let mut main_names = Vec::new();
        for (place, (name, shape)) in found.iter().enumerate() {
            let has_twin =
                is_like(place.checked_sub(1), shape) || is_like(place.checked_add(1), shape);
            let is_asked = has_twin && !required.fields.contains(name);
            let main = if is_asked { self.main_name(path, name) } else { None };
            let known = main.filter(|main| found.iter().any(|(name, _)| name == main));
            main_names.push(known.unwrap_or(name));
        }
        main_names
    }

    /// The name of which serde says that it is there twice when this one is.
    fn main_name(&mut self, path: &[Step], name: Name) -> Option<Name> {
        match self.run(path, &Goal::Give(vec![name, name])) {
            Outcome::Refused(Error::Duplicate(main)) => Some(main),
            _ => None,
        }
    }
}
