//! What fines add up to.

use std::ops::{AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// What one fine, or all of them, add up to; also the shift that one event causes, which may be
/// negative. Money is in cents. What is zero is not stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Figures {
    /// How many fines there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) fines: i64,
    /// What is to be paid.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) due: i64,
    /// What has been paid.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) paid: i64,
    /// What is still to be paid. Of one fine never below zero, even if too much was paid.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) outstanding: i64,
    /// How many fines are paid in full.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) fully_paid: i64,
    /// How many fines were sent for credit collection.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) in_collection: i64,
    /// How many fines somebody appealed against.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) appealed: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Figures {
    /// Takes each figure of both through `with`.
    fn zip(self, other: Self, with: fn(i64, i64) -> i64) -> Self {
        Self {
            fines: with(self.fines, other.fines),
            due: with(self.due, other.due),
            paid: with(self.paid, other.paid),
            outstanding: with(self.outstanding, other.outstanding),
            fully_paid: with(self.fully_paid, other.fully_paid),
            in_collection: with(self.in_collection, other.in_collection),
            appealed: with(self.appealed, other.appealed),
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, shift: Self) {
        *self = self.zip(shift, i64::saturating_add);
    }
}

impl Sub for Figures {
    type Output = Self;
    fn sub(self, before: Self) -> Self {
        self.zip(before, i64::saturating_sub)
    }
}
