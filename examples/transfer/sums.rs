//! What the log adds up to, whatever aggregates and sagas believe.

use std::collections::BTreeMap;

use factum::store::{Direction, EventStore, Query, Range};
use factum::{codec, event};

use super::Outcome;
use super::domain::AccountEvent;

/// What happened to money.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// What is in each account.
    pub(crate) accounts: BTreeMap<String, i64>,
    /// How many sums left an account.
    pub(crate) left: u32,
    /// How many were deposited by a saga.
    pub(crate) arrived: u32,
}

pub(crate) async fn sums(store: &dyn EventStore) -> Outcome<Sums> {
    let (mut range, mut sums) = (Range::ALL, Sums::default());
    let query = Query::contexts(event::contexts::<AccountEvent>());
    loop {
        let page = store.read(query.clone(), range, Direction::Forward, 1000).await?;
        for recorded in &page.events {
            let at = &recorded.at;
            let account = sums.accounts.entry(at.id().to_owned()).or_default();
            match codec::decode::<AccountEvent>(recorded).map_err(|bad| bad.problem)? {
                AccountEvent::Opened { .. } => {}
                AccountEvent::Deposited { cents } => {
                    *account += i64::from(cents);
                    let by_saga =
                        at.meta.actor.as_deref().is_some_and(|by| by.starts_with("saga."));
                    sums.arrived += u32::from(by_saga);
                }
                AccountEvent::TransferStarted { cents, .. } => {
                    *account -= i64::from(cents);
                    sums.left += 1;
                }
            }
        }
        if !page.more {
            return Ok(sums);
        }
        range = Range::since(page.complete_to);
    }
}
