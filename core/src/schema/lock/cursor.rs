//! Reads one line of the lock file from left to right.

use crate::schema::Line;
use crate::schema::path::{Step, WHOLE, is_plain_char, join};

/// What is left of a line. Each method takes what it names off its front, if that is there.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    fn rest(&mut self) -> &'a str {
        std::mem::take(&mut self.rest)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A name of such characters, or any name as a JSON text.
    pub(super) fn name(&mut self, plain: fn(char) -> bool) -> Option<String> {
        if self.rest.starts_with('"') {
            return self.json();
        }
        let end = self.rest.find(|c| !plain(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn json(&mut self) -> Option<String> {
        let mut texts = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let text = texts.next()?.ok()?;
        self.rest = self.rest.get(texts.byte_offset()..)?;
        Some(text)
    }

    pub(super) fn names(&mut self, plain: fn(char) -> bool) -> Option<Vec<String>> {
        let mut names = vec![self.name(plain)?];
        while self.eat(", ") {
            names.push(self.name(plain)?);
        }
        Some(names)
    }

    pub(super) fn number<N: std::str::FromStr>(&mut self) -> Option<N> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().ok()
    }

    /// A path, step by step; nothing for `(value)`.
    pub(super) fn steps(&mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        if self.eat(WHOLE) {
            return Some(steps);
        }
        if !self.rest.starts_with(['[', '{', '/']) {
            steps.push(Step::Field(self.name(is_plain_char)?));
        }
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        Some(steps)
    }

    /// A further step, if there is one; an outer nothing if it is damaged.
    fn step(&mut self) -> Option<Option<Step>> {
        let step = if self.eat(".") {
            Step::Field(self.name(is_plain_char)?)
        } else if self.eat("/") {
            Step::Variant(self.name(is_plain_char)?)
        } else if self.eat("[]") {
            Step::Item
        } else if self.eat("{}") {
            Step::Value
        } else if self.eat("{key}") {
            Step::Key
        } else if self.eat("[") {
            let place = self.number()?;
            return self.eat("]").then_some(Some(Step::Place(place)));
        } else {
            return Some(None);
        };
        Some(Some(step))
    }

    /// A path in its canonical text.
    pub(super) fn path(&mut self) -> Option<String> {
        let steps = self.steps()?;
        Some(steps.iter().fold(String::new(), |path, step| join(&path, step)))
    }

    /// A place of a form: all that is left.
    pub(super) fn line(&mut self) -> Option<Line> {
        let path = self.path()?;
        let optional = self.eat("?");
        let aliases = if self.eat(" (or ") {
            let aliases = self.names(is_plain_char)?;
            if !self.eat(")") {
                return None;
            }
            aliases
        } else {
            Vec::new()
        };
        self.eat(": ").then(|| Line { path, optional, aliases, kind: self.rest().to_owned() })
    }
}
