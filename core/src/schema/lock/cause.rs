//! Why something cannot be read, as far as it matters what to do about it.

use super::widening::widens;
use crate::schema::Shape;
use crate::schema::lines::without_null;

/// What is behind an obstacle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It cannot be read.
    Unreadable,
    /// It is read, and a part of it is lost.
    LeftOut,
    /// It may have parts of which nothing is known, and they would be refused.
    Denied,
    /// It is read as `any`, which may stand for a type that refuses it.
    NowAny,
    /// It was `any`, and may be anything.
    WasAny,
    /// It is read by a type that looks at it first, and may refuse it.
    NowChecked,
}

impl Cause {
    /// Why the one kind is not read as the other.
    pub(super) fn of(locked: &Shape, today: &Shape) -> Self {
        match (is_any(locked), is_any(today)) {
            (_, true) => Self::NowAny,
            (true, false) => Self::WasAny,
            (false, false) if begins_to_check(locked, today) => Self::NowChecked,
            (false, false) => Self::Unreadable,
        }
    }

    /// What is told of it beside the two kinds.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::NowAny => ": whether what is stored can be read as that, cannot be compared",
            Self::WasAny => ": what is stored may be anything",
            Self::NowChecked => ": what is stored may be refused",
            Self::Unreadable | Self::LeftOut | Self::Denied => "",
        }
    }

    /// Whether an upcaster may do so: it is the place to say what becomes of the old form, and who takes
    /// JSON there wants JSON.
    pub(super) fn is_choice_of_upcaster(self) -> bool {
        matches!(self, Self::LeftOut | Self::Denied | Self::NowAny)
    }
}

fn is_any(shape: &Shape) -> bool {
    *without_null(shape) == Shape::Any
}

/// Whether it would be read if the type of today did not look at it.
fn begins_to_check(locked: &Shape, today: &Shape) -> bool {
    match without_null(today) {
        Shape::Checked(today) => widens(without_null(locked), &today.of),
        _ => false,
    }
}
