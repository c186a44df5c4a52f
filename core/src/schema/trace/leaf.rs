//! Which values a simple place takes.
//!
//! A date, a UUID or a number that is not zero asks for a text or a number as others do, and refuses
//! most of them. What was stored before a type became one may be among those, so that the form tells.

use super::error::Error;
use super::explore::Explorer;
use super::run::{Goal, Outcome, Trouble};
use super::step::Step;
use super::values::{self, TEXTS};
use crate::schema::{Checked, Shape};

/// What is known of the samples.
enum Taken {
    /// This one is the first that was taken.
    Sample(usize),
    /// None was.
    None,
    /// They could not be tried.
    Unknown,
}

impl Explorer {
    /// The form of a place that asks for this kind, with the first sample if that is not taken there.
    pub(super) fn leaf(&mut self, path: &[Step], kind: &Shape) -> Shape {
        let like = match self.taken(path, kind) {
            Taken::Sample(0) | Taken::Unknown => return kind.clone(),
            Taken::Sample(number) => values::sample(kind, self.texts(path), number),
            Taken::None => None,
        };
        Shape::Checked(Checked { of: Box::new(kind.clone()), like })
    }

    fn taken(&mut self, path: &[Step], kind: &Shape) -> Taken {
        let mut number = 0;
        while values::sample(kind, self.texts(path), number).is_some() {
            match self.run(path, &Goal::Try(number)) {
                Outcome::Taken => return Taken::Sample(number),
                Outcome::Refused(error @ Error::UnknownVariant(_)) => {
                    let trouble = Trouble { at: path.to_vec(), error };
                    // Other texts are asked for, of which none was tried.
                    number = if self.samples.learn(&trouble, path) { 0 } else { number + 1 };
                }
                Outcome::Refused(_) => {
                    self.samples.refuse(path, number);
                    number += 1;
                }
                // It panicked: once is enough.
                Outcome::Lost if self.has_calls_left() => return Taken::None,
                Outcome::Lost | Outcome::Stuck(_) | Outcome::Sighted(_) => return Taken::Unknown,
            }
        }
        Taken::None
    }

    fn texts(&self, path: &[Step]) -> &'static [&'static str] {
        self.samples.texts(path).unwrap_or(TEXTS)
    }
}
