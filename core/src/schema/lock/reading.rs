//! Whether what is stored in one form can be read as another.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use super::cause::Cause;
use super::form::Form;
use super::widening::widens;
use crate::schema::path::{Step, join, shown};
use crate::schema::{Again, Choice, Field, Integer, Object, Shape};

/// What bytes are made of in JSON.
static BYTE: Shape = Shape::Integer(Integer::U8);

/// Why it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub(super) rule: Rule,
    /// At which place of the stored form.
    pub(super) path: String,
    /// What happened there.
    pub(super) what: String,
    pub(super) cause: Cause,
    /// What may have become of a place that is gone: the one that is new.
    pub(super) renamed: Option<Renamed>,
}

/// A field that may be another one under a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renamed {
    pub(super) from: String,
    pub(super) to: String,
}

/// What is in the way of reading the locked form as today's: the outermost causes only.
pub(super) fn obstacles(locked: &Form, today: &Form) -> Vec<Obstacle> {
    let mut reading = Reading { locked, today, seen: BTreeSet::new(), obstacles: Vec::new() };
    reading.place(&At::default(), &locked.shape, &today.shape);
    reading.obstacles
}

/// A place in both forms.
#[derive(Clone, Default)]
struct At {
    locked: String,
    today: String,
}

impl At {
    fn step(&self, locked: &Step, today: &Step) -> Self {
        Self { locked: join(&self.locked, locked), today: join(&self.today, today) }
    }

    fn same(&self, step: &Step) -> Self {
        self.step(step, step)
    }
}

struct Reading<'a> {
    locked: &'a Form,
    today: &'a Form,
    /// Pairs of places that are compared already, so that forms in themselves come to an end.
    seen: BTreeSet<(String, String)>,
    obstacles: Vec<Obstacle>,
}

impl<'a> Reading<'a> {
    fn note(&mut self, rule: Rule, path: &str, what: String) {
        self.note_as(Cause::Unreadable, rule, path, what);
    }

    fn note_as(&mut self, cause: Cause, rule: Rule, path: &str, what: String) {
        self.obstacles.push(Obstacle { rule, path: path.to_owned(), what, cause, renamed: None });
    }

    fn place(&mut self, at: &At, locked: &'a Shape, today: &'a Shape) {
        if !self.reads(at, locked, today) {
            self.retyped(at, Cause::of(locked, today));
        }
    }

    fn retyped(&mut self, at: &At, cause: Cause) {
        let (was, is) = (self.locked.kind(&at.locked), self.today.kind(&at.today));
        let and = if at.locked == at.today {
            " and".to_owned()
        } else {
            format!(", and `{}`, as which it is read,", shown(&at.today))
        };
        let what = format!("`{}` was {was}{and} is {is}{}", shown(&at.locked), cause.told());
        self.note_as(cause, Rule::RetypedField, &at.locked, what);
    }

    /// Whether what stands here is of a kind that can be read. What is wrong inside is noted.
    fn reads(&mut self, at: &At, locked: &'a Shape, today: &'a Shape) -> bool {
        match (locked, today) {
            (Shape::Again(Again { name, .. }), _) => match named(&self.locked.shape, name) {
                Some(shape) => self.reads(&At { locked: name.clone(), ..at.clone() }, shape, today),
                None => false,
            },
            (_, Shape::Again(Again { name, .. })) => match named(&self.today.shape, name) {
                Some(shape) => self.reads(&At { today: name.clone(), ..at.clone() }, locked, shape),
                None => false,
            },
            (Shape::Nullable(locked), Shape::Nullable(today)) => self.reads(at, locked, today),
            (Shape::Null, Shape::Nullable(_)) => true,
            (_, Shape::Nullable(today)) => self.reads(at, locked, today),
            (Shape::Array(_, locked), Shape::Array(_, today)) if locked != today => false,
            (Shape::List(locked) | Shape::Array(locked, _), Shape::List(today))
            | (Shape::Array(locked, _), Shape::Array(today, _)) => {
                self.place(&at.same(&Step::Item), locked, today);
                true
            }
            (Shape::Bytes, Shape::List(today)) => self.reads(at, &BYTE, today),
            (Shape::Tuple(locked), Shape::Tuple(today)) => {
                self.items(at, locked, today);
                true
            }
            (Shape::Tuple(locked), Shape::List(today)) => {
                self.items_of_list(at, locked, today);
                true
            }
            (Shape::Map(locked_key, locked), Shape::Map(today_key, today)) => {
                self.place(&at.same(&Step::Value), locked, today);
                self.reads_keys(at, locked_key, today_key)
            }
            (Shape::Object(locked), Shape::Object(today)) => {
                if self.is_new(locked.name.clone(), today.name.clone()) {
                    self.fields(at, locked, today);
                }
                true
            }
            (Shape::Choice(locked), Shape::Choice(today)) => {
                if self.is_new(locked.name.clone(), today.name.clone()) {
                    self.variants(at, locked, today);
                }
                true
            }
            (locked, today) => widens(locked, today),
        }
    }

    fn is_new(&mut self, locked: String, today: String) -> bool {
        self.seen.insert((locked, today))
    }

    /// JSON writes keys as texts, so a text reads them all.
    fn reads_keys(&mut self, at: &At, locked: &'a Shape, today: &'a Shape) -> bool {
        *today == Shape::Text || self.reads(&at.same(&Step::Key), locked, today)
    }

    fn items(&mut self, at: &At, locked: &'a [Shape], today: &'a [Shape]) {
        for (place, (locked, today)) in locked.iter().zip(today).enumerate() {
            self.place(&at.same(&Step::Place(place)), locked, today);
        }
        for place in today.len()..locked.len() {
            self.gone(Rule::RemovedField, &join(&at.locked, &Step::Place(place)));
        }
        for place in locked.len()..today.len() {
            self.needed(at, &Step::Place(place));
        }
    }

    /// The items of a tuple, as those of a list.
    fn items_of_list(&mut self, at: &At, locked: &'a [Shape], today: &'a Shape) {
        for (place, locked) in locked.iter().enumerate() {
            self.place(&at.step(&Step::Place(place), &Step::Item), locked, today);
        }
    }

    fn gone(&mut self, rule: Rule, path: &str) {
        self.note(rule, path, format!("`{path}` was {} and is gone", self.locked.kind(path)));
    }

    fn left_out(&mut self, today: &Object, path: &str) {
        if today.strict {
            let what = format!("`{path}` was {} and is refused", self.locked.kind(path));
            return self.note(Rule::RemovedField, path, what);
        }
        let what = format!("`{path}` was {} and is gone", self.locked.kind(path));
        self.note_as(Cause::LeftOut, Rule::RemovedField, path, what);
    }

    fn needed(&mut self, at: &At, step: &Step) {
        let path = join(&at.today, step);
        self.note(Rule::RequiredField, &at.locked, format!("`{path}` is new and has to be there"));
    }

    fn fields(&mut self, at: &At, locked: &'a Object, today: &'a Object) {
        if today.strict && !locked.strict {
            let place = shown(&at.locked);
            let what =
                format!("`{place}` ignored fields that it does not know and now refuses them");
            self.note_as(Cause::Denied, Rule::DeniedFields, &at.locked, what);
        }
        let mut read: BTreeMap<&str, &str> = BTreeMap::new();
        let mut gone = Vec::new();
        for old in &locked.fields {
            let step = Step::Field(old.name.clone());
            let Some(new) = reader(today, &old.name) else {
                self.left_out(today, &join(&at.locked, &step));
                gone.push(old);
                continue;
            };
            let place = at.step(&step, &Step::Field(new.name.clone()));
            match read.insert(&new.name, &old.name) {
                Some(first) => {
                    let first = join(&at.locked, &Step::Field(first.to_owned()));
                    self.merged(&place, &first);
                }
                None => self.field(&place, old, new),
            }
        }
        for new in today.fields.iter().filter(|new| !new.optional) {
            if !read.contains_key(new.name.as_str()) {
                self.needed(at, &Step::Field(new.name.clone()));
                self.perhaps_renamed(at, &mut gone, new);
            }
        }
    }

    /// Says of the last obstacle, a field that is new, which one it may have been.
    fn perhaps_renamed(&mut self, at: &At, gone: &mut Vec<&Field>, new: &Field) {
        let path = join(&at.today, &Step::Field(new.name.clone()));
        let kind = self.today.kind(&path);
        let was = |old: &&Field| {
            self.locked.kind(&join(&at.locked, &Step::Field(old.name.clone()))) == kind
        };
        let Some(old) = gone.iter().position(was).map(|place| gone.remove(place)) else { return };
        if let Some(obstacle) = self.obstacles.last_mut() {
            obstacle.renamed = Some(Renamed { from: old.name.clone(), to: path });
        }
    }

    fn merged(&mut self, at: &At, first: &str) {
        let (second, today) = (&at.locked, &at.today);
        let what = format!("`{first}` and `{second}` were two, and both are read as `{today}`");
        self.note(Rule::MergedFields, second, what);
    }

    fn field(&mut self, at: &At, locked: &'a Field, today: &'a Field) {
        for alias in locked.aliases.iter().filter(|alias| !answers_to(today, alias)) {
            let what = format!("`{}` is no longer read from its old name `{alias}`", at.locked);
            self.note(Rule::ForgottenAlias, &at.locked, what);
        }
        if locked.optional && !today.optional {
            let what = format!("`{}` could be left out and now has to be there", at.locked);
            self.note(Rule::RequiredField, &at.locked, what);
        }
        self.place(at, &locked.shape, &today.shape);
    }

    fn variants(&mut self, at: &At, locked: &'a Choice, today: &'a Choice) {
        for old in &locked.variants {
            let at = at.same(&Step::Variant(old.name.clone()));
            let Some(new) = today.variants.iter().find(|new| new.name == old.name) else {
                self.gone(Rule::RemovedVariant, &at.locked);
                continue;
            };
            match (&old.content, &new.content) {
                (None, None) => {}
                (Some(old), Some(new)) => self.place(&at, old, new),
                (None, Some(_)) | (Some(_), None) => self.retyped(&at, Cause::Unreadable),
            }
        }
    }
}

/// The field that takes what is stored under a name.
fn reader<'a>(object: &'a Object, name: &str) -> Option<&'a Field> {
    object.field(name).or_else(|| object.fields.iter().find(|field| answers_to(field, name)))
}

fn answers_to(field: &Field, name: &str) -> bool {
    field.name == name || field.aliases.iter().any(|alias| alias == name)
}

/// The object or choice at a path.
fn named<'a>(shape: &'a Shape, path: &str) -> Option<&'a Shape> {
    match shape {
        Shape::Object(object) if object.name == path => Some(shape),
        Shape::Choice(choice) if choice.name == path => Some(shape),
        _ => shape.parts().into_iter().find_map(|part| named(part, path)),
    }
}
