use std::collections::VecDeque;
use std::time::Duration;

use factum::core::SentTo;
use factum::{Aggregate, App, Key, SendError};
use tokio::time::sleep;

use super::SimClock;
use crate::bank::{Close, Deposit, Open, Transfer};
use crate::shop::{Cancel, Orders, Place, Restock};

/// Something that a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Open {
        account: String,
    },
    Close {
        account: String,
    },
    Deposit {
        account: String,
        cents: u64,
    },
    Transfer {
        account: String,
        to: String,
        cents: u64,
    },
    Restock {
        item: String,
        pieces: u64,
    },
    Place {
        order: String,
        item: String,
        cents: u64,
    },
    Cancel {
        order: String,
    },
    /// A person gives an order up.
    GiveUp {
        order: String,
    },
    /// Nothing for so long.
    Wait(Duration),
    /// That it is so much later.
    Skip(Duration),
}

/// Sends one command after another, each under one id until it is answered, through the lives of
/// processes.
#[derive(Debug)]
pub struct Client {
    wishes: VecDeque<(Key, Wish)>,
    pub accepted: Vec<(Key, Wish)>,
    pub rejected: Vec<Key>,
}

impl Client {
    /// One of this number.
    pub fn new(number: usize, wishes: impl IntoIterator<Item = Wish>) -> Self {
        let key = |at: usize| Key::from_bytes([0xc1; 16]).derive(&format!("{number}/{at}"));
        let wishes = wishes.into_iter().enumerate().map(|(at, wish)| (key(at), wish)).collect();
        Self { wishes, accepted: Vec::new(), rejected: Vec::new() }
    }

    /// Goes on with what is left. May be dropped at any time.
    pub async fn run(&mut self, app: &App, clock: &SimClock) {
        while let Some((key, wish)) = self.wishes.front().cloned() {
            let accepted = fulfil(app, clock, key, wish.clone()).await;
            self.wishes.pop_front();
            match accepted {
                true => self.accepted.push((key, wish)),
                false => self.rejected.push(key),
            }
        }
    }
}

/// Whether it was accepted.
async fn fulfil(app: &App, clock: &SimClock, key: Key, wish: Wish) -> bool {
    match wish {
        Wish::Open { account } => send(app, key, || Open { account: account.clone() }).await,
        Wish::Close { account } => send(app, key, || Close { account: account.clone() }).await,
        Wish::Deposit { account, cents } => {
            send(app, key, || Deposit { account: account.clone(), cents }).await
        }
        Wish::Transfer { account, to, cents } => {
            send(app, key, || Transfer { account: account.clone(), to: to.clone(), cents }).await
        }
        Wish::Restock { item, pieces } => {
            send(app, key, || Restock { item: item.clone(), pieces }).await
        }
        Wish::Place { order, item, cents } => {
            send(app, key, || Place { order: order.clone(), item: item.clone(), cents }).await
        }
        Wish::Cancel { order } => send(app, key, || Cancel { order: order.clone() }).await,
        Wish::GiveUp { order } => {
            // It may have ended, or never begun.
            app.sagas::<Orders>().compensate(&order, "a person").await.is_ok()
        }
        Wish::Wait(time) => {
            sleep(time).await;
            true
        }
        Wish::Skip(time) => {
            clock.skip(time);
            true
        }
    }
}

async fn send<A: Aggregate, C: SentTo<A>>(app: &App, key: Key, command: impl Fn() -> C) -> bool {
    loop {
        match app.send(command()).id(key).await {
            Ok(_) => return true,
            Err(SendError::Rejected(_)) => return false,
            Err(_) => sleep(Duration::from_millis(40)).await,
        }
    }
}
