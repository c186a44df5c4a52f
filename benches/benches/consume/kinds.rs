//! A hundred contexts, each with an enum of its own, and a projection of each.
#![allow(
    clippy::indexing_slicing,
    reason = "an index of a constant is checked when it is compiled"
)]

use std::borrow::Cow;
use std::sync::Arc;

use factum::codec::{self, DecodeError, EncodeError, Form};
use factum::prelude::*;
use factum::projection::Sources;
use factum::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::view::{ColumnSpec, RowStore, Value};
use factum::{BadId, EventName, EventType, Key, Position, Projection, StreamName, Tags};
use factum_benches::Result;
use factum_benches::load::now;
use factum_projections::{Hub, Runner};

use crate::PATIENCE;

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

/// The `P`th projection of the events of kind `N`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Totals<const P: usize, const N: usize> {
    account: String,
    cents: u64,
    count: u64,
}

impl<const P: usize, const N: usize> Projection for Totals<P, N> {
    const NAME: &'static str = NAMES[P / 10][P % 10][0];
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
        list.from::<Kind<N>>();
    }
}

impl<const P: usize, const N: usize> Project<Kind<N>> for Totals<P, N> {
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

/// A view that was started: waits until it is there, and stops it. How many events it took in.
pub(crate) type Started = std::pin::Pin<Box<dyn Future<Output = Result<u64>> + Send>>;

/// Starts a projection.
pub(crate) async fn start<const P: usize, const N: usize>(
    hub: &Hub,
    rows: Option<Arc<dyn RowStore>>,
    end: Position,
) -> Result<Started> {
    let (mut runner, view) = Runner::start::<Totals<P, N>>(hub, rows).await?;
    Ok(Box::pin(async move {
        let rows = view.after(end).within(PATIENCE).all().await?;
        runner.stop().await?;
        Ok(rows.iter().map(|row| row.count).sum())
    }))
}

/// Starts a hundred projections. `each` is 1 if each has a kind of its own, and 0 if all have the first.
macro_rules! start_all {
    ($hub:ident $rows:ident $end:ident $each:literal, $($p:literal)*) => {{
        let mut started = Vec::new();
        $(
            started.push(start::<{ $p * 10 + 0 }, { ($p * 10 + 0) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 1 }, { ($p * 10 + 1) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 2 }, { ($p * 10 + 2) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 3 }, { ($p * 10 + 3) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 4 }, { ($p * 10 + 4) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 5 }, { ($p * 10 + 5) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 6 }, { ($p * 10 + 6) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 7 }, { ($p * 10 + 7) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 8 }, { ($p * 10 + 8) * $each }>($hub, $rows.clone(), $end).await?);
            started.push(start::<{ $p * 10 + 9 }, { ($p * 10 + 9) * $each }>($hub, $rows.clone(), $end).await?);
        )*
        started
    }};
}

/// A hundred projections, each of a kind of its own.
pub(crate) async fn start_each(
    hub: &Hub,
    rows: Option<Arc<dyn RowStore>>,
    end: Position,
) -> Result<Vec<Started>> {
    Ok(start_all!(hub rows end 1, 0 1 2 3 4 5 6 7 8 9))
}

/// A hundred projections, all of the first kind.
pub(crate) async fn start_same(
    hub: &Hub,
    rows: Option<Arc<dyn RowStore>>,
    end: Position,
) -> Result<Vec<Started>> {
    Ok(start_all!(hub rows end 0, 0 1 2 3 4 5 6 7 8 9))
}
