//! A payment provider as there are: it is away now and then, its answers get lost, and it knows a call
//! that comes again by its key.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use factum::Key;

use super::dice::roll;

/// How long an answer takes.
const ANSWERS_IN: Duration = Duration::from_millis(3);
/// Which of its calls fail in a row, as it is down.
const DOWN: std::ops::Range<u32> = 15..27;

/// Why a call came to nothing, or seems to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the card was declined")]
    Declined,
    #[error("the order was refunded already")]
    Refunded,
    #[error("the provider is away")]
    Away,
    #[error("the provider gives no answer")]
    NoAnswer,
}

impl Trouble {
    /// Whether the provider did its work.
    pub(crate) fn is_answer(self) -> bool {
        matches!(self, Self::Declined | Self::Refunded)
    }
}

#[derive(Debug)]
pub(crate) struct Provider {
    seed: u64,
    books: Mutex<Books>,
}

/// What it has done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// How often it was called.
    pub(crate) calls: u32,
    /// How many of these came to nothing, or the caller did not hear of it.
    pub(crate) failures: u32,
    /// How many came again and had been done.
    pub(crate) repeats: u32,
    /// What was taken for an order, and under which key.
    pub(crate) taken: HashMap<Key, (String, u32)>,
    /// The orders that were refunded, with what they got back.
    pub(crate) refunded: HashMap<String, u32>,
    /// The orders of which a card was declined.
    pub(crate) declined: HashSet<String>,
}

impl Books {
    /// What was taken for an order.
    pub(crate) fn taken_for(&self, order: &str) -> u32 {
        self.taken.values().filter(|(of, _)| of == order).map(|(_, cents)| cents).sum()
    }

    /// What it holds for the shop.
    pub(crate) fn balance(&self) -> i64 {
        let taken: i64 = self.taken.values().map(|(_, cents)| i64::from(*cents)).sum();
        taken - self.refunded.values().map(|cents| i64::from(*cents)).sum::<i64>()
    }
}

impl Provider {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, books: Mutex::default() }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes money. The same key again: the same answer, and nothing is taken.
    pub(crate) async fn charge(
        &self,
        key: Key,
        order: &str,
        card: &str,
        cents: u32,
    ) -> Result<(), Trouble> {
        self.answer(|books| {
            if books.taken.contains_key(&key) {
                books.repeats += 1;
            } else if books.refunded.contains_key(order) {
                return Err(Trouble::Refunded);
            } else if card.starts_with("expired") {
                books.declined.insert(order.to_owned());
                return Err(Trouble::Declined);
            } else {
                books.taken.insert(key, (order.to_owned(), cents));
            }
            Ok(())
        })
        .await
    }

    /// Gives back all that was taken for an order, once, which may be nothing. After that nothing is
    /// taken for it.
    pub(crate) async fn refund(&self, order: &str) -> Result<(), Trouble> {
        self.answer(|books| {
            let cents = books.taken_for(order);
            if books.refunded.insert(order.to_owned(), cents).is_some() {
                books.repeats += 1;
            }
            Ok(())
        })
        .await
    }

    async fn answer(
        &self,
        work: impl FnOnce(&mut Books) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        tokio::time::sleep(ANSWERS_IN).await;
        let mut books = self.books();
        books.calls += 1;
        let number = books.calls;
        let chance = roll(self.seed, &format!("call/{number}"), 10);
        let fate = match chance {
            _ if DOWN.contains(&number) => Err(Trouble::Away),
            0 => Err(Trouble::Away),
            1 => work(&mut books).and(Err(Trouble::NoAnswer)),
            _ => work(&mut books),
        };
        books.failures += u32::from(fate.is_err_and(|trouble| !trouble.is_answer()));
        fate
    }
}
