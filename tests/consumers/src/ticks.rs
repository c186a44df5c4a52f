//! What the writing processes of the skip test append: each numbers its events, so that one who follows
//! the log notices at once which is missing.

use factum::prelude::*;
use factum::store::{Commit, Expected, Metadata, NewEvent, StreamWrite};
use factum::{EventName, Key, StreamName, Tags};

use crate::Seen;

/// How many events a commit has.
pub const EVENTS: u64 = 5;

/// How many rows [`Spread`] has.
const ROWS: u64 = 64;

/// What a writer appends.
#[derive(Event, Clone, Debug, PartialEq)]
pub enum Tick {
    /// The next of its events.
    #[event("tick.ticked")]
    Ticked {
        /// Which writer.
        writer: u32,
        /// How many it appended before.
        number: u64,
    },
}

/// The commits of a writer with these numbers: all but the last event of each go to a stream of its own,
/// the last to one that the writers share.
///
/// # Panics
/// If an event has no JSON form.
pub fn commits(writer: u32, numbers: std::ops::Range<u64>) -> Vec<Commit> {
    numbers.map(|commit| one(writer, commit)).collect()
}

fn one(writer: u32, commit: u64) -> Commit {
    let event = |number: u64| {
        let mut payload = Vec::new();
        let tick = Tick::Ticked { writer, number };
        tick.encode(&mut payload).unwrap();
        let (name, version) = (EventName::fixed("tick.ticked"), 1);
        NewEvent { name, version, tags: Tags::none(), payload: payload.into() }
    };
    let first = commit * EVENTS;
    let streams = [
        (format!("lane-{writer}"), first..first + EVENTS - 1),
        (format!("shared-{}", commit % 3), first + EVENTS - 1..first + EVENTS),
    ];
    let writes = streams.map(|(stream, numbers)| StreamWrite {
        stream: StreamName::new(stream).unwrap(),
        expected: Expected::Any,
        events: numbers.map(event).collect(),
    });
    Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes: writes.into(),
        guard: None,
        views: Vec::new(),
    }
}

/// What a writer appended.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "lanes", from(Tick by writer))]
pub struct Lane {
    /// Which writer.
    #[key]
    pub writer: String,
    /// The number that comes next.
    pub next: u64,
    /// How many came in place of the one that was next.
    #[index]
    pub wrong: u64,
    /// The events.
    pub seen: Seen,
}

fn writer(Tick::Ticked { writer, .. }: &Tick, _: &Origin) -> [String; 1] {
    [writer.to_string()]
}

impl Project<Tick> for Lane {
    fn project(&mut self, Tick::Ticked { number, .. }: &Tick, at: &Origin) {
        self.seen.take(at);
        self.wrong += u64::from(*number != self.next);
        self.next = number + 1;
    }
}

/// The same events, in rows that fall to all slices.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "spread", from(Tick by place))]
pub struct Spread {
    /// What the number of an event leaves.
    #[key]
    pub place: String,
    /// The events.
    pub seen: Seen,
}

fn place(Tick::Ticked { number, .. }: &Tick, _: &Origin) -> [String; 1] {
    [(number % ROWS).to_string()]
}

impl Project<Tick> for Spread {
    fn project(&mut self, _: &Tick, at: &Origin) {
        self.seen.take(at);
    }
}
