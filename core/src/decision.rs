//! What a command handler says: events, or a rejection.

use crate::Aggregate;

/// The answer of [`Handle::handle`](crate::Handle::handle): the events that follow, or the reason
/// why not, in the user's own error type.
pub type Decision<A> = Result<Events<<A as Aggregate>::Event>, <A as Aggregate>::Error>;

/// The events of one decision, in order; possibly none.
///
/// ```
/// use factum_core::Events;
/// assert_eq!(Events::<&str>::from("one").len(), 1);
/// assert_eq!(Events::<&str>::from(["one", "two"]).len(), 2);
/// assert!(Events::<&str>::from(None).is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events<E>(Vec<E>);

impl<E> Events<E> {
    /// No events: the wish is granted already.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The events, in order.
    pub fn as_slice(&self) -> &[E] {
        &self.0
    }

    /// The events, in order.
    pub fn into_vec(self) -> Vec<E> {
        self.0
    }
}

impl<E> From<E> for Events<E> {
    fn from(event: E) -> Self {
        Self(vec![event])
    }
}
impl<E, const N: usize> From<[E; N]> for Events<E> {
    fn from(events: [E; N]) -> Self {
        Self(events.into())
    }
}
impl<E> From<Vec<E>> for Events<E> {
    fn from(events: Vec<E>) -> Self {
        Self(events)
    }
}
impl<E> From<Option<E>> for Events<E> {
    fn from(event: Option<E>) -> Self {
        Self(event.into_iter().collect())
    }
}

/// Grants the command: an event, an array, a `Vec` or an `Option` of events.
///
/// # Errors
/// None: the type is that of a [`Decision`].
///
/// ```
/// use factum_core::{Events, emit};
/// let decision: Result<Events<&str>, std::fmt::Error> = emit("deposited");
/// assert_eq!(decision.unwrap().as_slice(), ["deposited"]);
/// ```
pub fn emit<E, X>(events: impl Into<Events<E>>) -> Result<Events<E>, X> {
    Ok(events.into())
}

/// Rejects the command with an error unless a condition holds.
///
/// ```
/// use factum_core::{Events, emit, require};
/// fn withdraw(balance: u64, cents: u64) -> Result<Events<u64>, String> {
///     require!(balance >= cents, format!("only {balance} left"));
///     emit(cents)
/// }
/// assert_eq!(withdraw(5, 9), Err("only 5 left".to_owned()));
/// ```
#[macro_export]
macro_rules! require {
    ($condition:expr, $error:expr $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err(::core::convert::Into::into($error));
        }
    };
}
