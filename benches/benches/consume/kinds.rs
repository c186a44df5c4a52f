//! A hundred contexts, each with an enum of its own, and a projection of each.
#![allow(
    clippy::indexing_slicing,
    reason = "an index of a constant is checked when it is compiled"
)]

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use factum::codec::{self, DecodeError, EncodeError, Form};
use factum::prelude::*;
use factum::projection::Sources;
use factum::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::view::{ColumnSpec, Value};
use factum::{BadId, EventName, EventType, Key, Projection, StreamName, Tags};
use factum_benches::Result;
use factum_benches::load::now;
use factum_projections::{Hub, Runner, View};

/// How many there are.
pub(crate) const KINDS: u32 = 100;
const RUN: u32 = 1000;
const ROWS: u32 = 100;

macro_rules! tens {
    ($($tens:literal)*) => {
        [$([
            [concat!("k", $tens, "0"), concat!("k", $tens, "0.booked")],
            [concat!("k", $tens, "1"), concat!("k", $tens, "1.booked")],
            [concat!("k", $tens, "2"), concat!("k", $tens, "2.booked")],
            [concat!("k", $tens, "3"), concat!("k", $tens, "3.booked")],
            [concat!("k", $tens, "4"), concat!("k", $tens, "4.booked")],
            [concat!("k", $tens, "5"), concat!("k", $tens, "5.booked")],
            [concat!("k", $tens, "6"), concat!("k", $tens, "6.booked")],
            [concat!("k", $tens, "7"), concat!("k", $tens, "7.booked")],
            [concat!("k", $tens, "8"), concat!("k", $tens, "8.booked")],
            [concat!("k", $tens, "9"), concat!("k", $tens, "9.booked")],
        ]),*]
    };
}

/// The context and the name of the event of each kind.
const NAMES: [[[&str; 2]; 10]; 10] = tens!(0 1 2 3 4 5 6 7 8 9);

/// The event of a kind.
struct Kind<const N: usize> {
    fields: Fields,
}

#[derive(Serialize, Deserialize)]
struct Fields {
    from: String,
    to: String,
    cents: u64,
    reference: String,
}

impl<const N: usize> Event for Kind<N> {
    const TYPES: &'static [EventType] = &[EventType { name: NAMES[N / 10][N % 10][1], version: 1 }];
    fn event_type(&self) -> EventType {
        EventType { name: NAMES[N / 10][N % 10][1], version: 1 }
    }
    fn encode(&self, out: &mut Vec<u8>) -> std::result::Result<(), EncodeError> {
        codec::write_json(&self.fields, out)
    }
    fn decode(name: &str, version: u32, payload: &[u8]) -> std::result::Result<Self, DecodeError> {
        if (name, version) != (NAMES[N / 10][N % 10][1], 1) {
            return Err(DecodeError::unknown::<Self>(name, version));
        }
        Ok(Self { fields: codec::read_fields(payload)? })
    }
}

/// A projection of the events of one kind: of the one that [`KIND`] says when it is started. One type,
/// as a hundred would take minutes to compile.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Totals {
    account: String,
    cents: u64,
    count: u64,
}

static KIND: AtomicUsize = AtomicUsize::new(0);

type Sourcing = fn(&mut Sources<Totals>) -> &mut Sources<Totals>;

macro_rules! sourcing {
    ($($p:literal)*) => {
        [$([
            Sources::from::<Kind<{ $p * 10 }>>,
            Sources::from::<Kind<{ $p * 10 + 1 }>>,
            Sources::from::<Kind<{ $p * 10 + 2 }>>,
            Sources::from::<Kind<{ $p * 10 + 3 }>>,
            Sources::from::<Kind<{ $p * 10 + 4 }>>,
            Sources::from::<Kind<{ $p * 10 + 5 }>>,
            Sources::from::<Kind<{ $p * 10 + 6 }>>,
            Sources::from::<Kind<{ $p * 10 + 7 }>>,
            Sources::from::<Kind<{ $p * 10 + 8 }>>,
            Sources::from::<Kind<{ $p * 10 + 9 }>>,
        ]),*]
    };
}

const SOURCING: [[Sourcing; 10]; 10] = sourcing!(0 1 2 3 4 5 6 7 8 9);

impl Projection for Totals {
    const NAME: &'static str = "totals";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[];
    fn key(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.account)
    }
    fn set_key(&mut self, key: &str) -> std::result::Result<(), BadId> {
        key.clone_into(&mut self.account);
        Ok(())
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn values(&self, _: &mut Vec<Value>) {}
    fn sources(list: &mut Sources<Self>) {
        let kind = KIND.load(Ordering::Relaxed);
        SOURCING[kind / 10][kind % 10](list);
    }
}

impl<const N: usize> Project<Kind<N>> for Totals {
    fn project(&mut self, event: &Kind<N>, _: &Origin) {
        self.cents += event.fields.cents;
        self.count += 1;
    }
}

/// Appends so many events, of so many kinds in turn.
pub(crate) async fn append(store: &dyn EventStore, kinds: u32, events: u32) -> Result<()> {
    for first in (0..events).step_by(RUN as usize) {
        let commits = (first..events.min(first + RUN)).map(|number| commit(number, kinds));
        for outcome in store.append(commits.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    Ok(())
}

fn commit(number: u32, kinds: u32) -> Result<Commit> {
    let kind = (number % kinds) as usize;
    let [context, name] = NAMES[kind / 10][kind % 10];
    let account = (number / kinds) % ROWS;
    let fields = Fields {
        from: format!("account {account:06}"),
        to: format!("account {:06}", account + 1),
        cents: u64::from(100_000 + number % 900_000),
        reference: "invoice 2026/17 of the month, with thanks 42".to_owned(),
    };
    let mut payload = Vec::new();
    codec::write_json(&fields, &mut payload)?;
    let (name, tags) = (EventName::fixed(name), Tags::none());
    let event = NewEvent { name, version: 1, tags, payload: payload.into() };
    let stream = StreamName::of(context, &format!("{account:06}"))?;
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event] };
    let meta = Metadata { time: now(), ..Metadata::default() };
    Ok(Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None, views: Vec::new() })
}

/// Starts a projection in memory of the events of a kind.
pub(crate) async fn start(hub: &Hub, kind: u32) -> Result<(Runner, View<Totals>)> {
    KIND.store(kind as usize, Ordering::Relaxed);
    Ok(Runner::start::<Totals>(hub, None).await?)
}

/// How many events the rows have taken in.
pub(crate) fn seen(rows: &[Totals]) -> u64 {
    rows.iter().map(|row| row.count).sum()
}
