//! Kinds that read all that another one could say.

use crate::schema::{Choice, Float, Integer, Shape};

/// Whether each value of the one kind is read by the other.
pub(super) fn widens(from: &Shape, to: &Shape) -> bool {
    match (from, to) {
        // Which values another check takes, is not known.
        (Shape::Checked(from), Shape::Checked(to)) => {
            from.like == to.like && widens(&from.of, &to.of)
        }
        (_, Shape::Checked(_)) => false,
        (Shape::Checked(from), to) => widens(&from.of, to),
        (Shape::Integer(from), Shape::Integer(to)) => integer_widens(*from, *to),
        (Shape::Integer(from), Shape::Float(to)) => is_exact(*from, *to),
        (Shape::Float(from), Shape::Float(to)) => from == to || *to == Float::F64,
        (Shape::Char, Shape::Text) => true,
        // A variant without content is written as its name.
        (Shape::Choice(choice), Shape::Text) => is_plain(choice),
        (Shape::List(item), Shape::Bytes) => **item == Shape::Integer(Integer::U8),
        (from, to) => from == to,
    }
}

/// Whether the range of the one lies in that of the other.
fn integer_widens(from: Integer, to: Integer) -> bool {
    let ((from, from_signed), (to, to_signed)) = (from.bits(), to.bits());
    if from_signed == to_signed { from <= to } else { to_signed && from < to }
}

/// Whether the float has each of the integers: its significand has 24 bits, or 53.
fn is_exact(integer: Integer, float: Float) -> bool {
    let bits = match float {
        Float::F32 => 16,
        Float::F64 => 32,
    };
    integer.bits().0 <= bits
}

fn is_plain(choice: &Choice) -> bool {
    choice.variants.iter().all(|variant| variant.content.is_none())
}
