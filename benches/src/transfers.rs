//! A log of transfers between 10,000 accounts, and a view of what each has transferred.

use factum::prelude::*;
use factum::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::{EventName, Key, StreamName, Tags};

use crate::Result;
use crate::load::now;

/// How many accounts there are: each has a stream, and a row.
pub const STREAMS: u32 = 10_000;
/// How many bytes an event has.
pub const EVENT_BYTES: usize = 150;
/// How many events a second a log is made with does not matter: these go into one append.
const RUN: u32 = 1000;

/// What happens.
#[derive(Event, Clone, Debug)]
pub enum TransferEvent {
    /// Money went from one account to another.
    #[event("transfer.booked")]
    Booked {
        /// From where.
        from: String,
        /// Where to.
        to: String,
        /// How much.
        cents: u64,
        /// What for.
        reference: String,
        /// When, in microseconds.
        booked_at: u64,
    },
}

/// What an account has transferred.
#[derive(Projection, Default, Clone, Debug, Serialize, Deserialize)]
#[projection(name = "transfers", from(TransferEvent))]
pub struct Transfers {
    #[key]
    account: String,
    #[index]
    cents: u64,
    count: u64,
}

impl Project<TransferEvent> for Transfers {
    fn project(&mut self, event: &TransferEvent, _: &Origin) {
        let TransferEvent::Booked { cents, .. } = event;
        self.cents += cents;
        self.count += 1;
    }
}

/// Checks that the rows have taken in so many events, each once.
///
/// # Errors
/// If they have not.
pub fn check(rows: &[Transfers], events: u32) -> Result<()> {
    let seen: u64 = rows.iter().map(|row| row.count).sum();
    if rows.len() == events.min(STREAMS) as usize && seen == u64::from(events) {
        return Ok(());
    }
    Err(format!("{} rows of {seen} events", rows.len()).into())
}

/// Appends so many events.
///
/// # Errors
/// What the store fails with.
pub async fn append(store: &dyn EventStore, events: u32) -> Result<()> {
    for first in (0..events).step_by(RUN as usize) {
        let commits = (first..events.min(first + RUN)).map(commit).collect::<Result<_>>()?;
        for outcome in store.append(commits).await? {
            outcome?;
        }
    }
    Ok(())
}

/// The commit of the transfer with this number.
///
/// # Errors
/// If its event has not the bytes that it is to have.
pub fn commit(number: u32) -> Result<Commit> {
    let account = number.wrapping_mul(7919) % STREAMS;
    let event = TransferEvent::Booked {
        from: format!("account {account:06}"),
        to: format!("account {:06}", (account + 1) % STREAMS),
        cents: u64::from(100_000 + number % 900_000),
        reference: "invoice 2026/17 of the month, with thanks 42".to_owned(),
        booked_at: 1_790_000_000_000_000 + u64::from(number),
    };
    let mut payload = Vec::new();
    event.encode(&mut payload)?;
    if payload.len() != EVENT_BYTES {
        return Err(format!("an event has {} bytes", payload.len()).into());
    }
    let name = EventName::fixed(event.event_type().name);
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload: payload.into() };
    let stream = StreamName::of("transfer", &format!("{account:06}"))?;
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event] };
    let meta = Metadata { time: now(), ..Metadata::default() };
    Ok(Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None, views: Vec::new() })
}
