//! One event a commit, as a command of the benchmarks leads to.

use std::sync::Arc;

use bytes::Bytes;
use factum::store::{CommandMark, Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::{EventName, Key, Tags};

use crate::Result;
use crate::load::{Slot, Target, now};

/// How many bytes an event has.
pub const EVENT_BYTES: usize = 256;
/// How many streams there are.
pub const STREAMS: u32 = 10_000;
/// What the JSON has beside the text: `{"text":""}`.
const FRAME: usize = 11;
/// Stands for what a hash of the command would be.
pub const DIGEST: u64 = 0x0123_4567_89ab_cdef;

/// A store, through its own interface.
#[derive(Clone, Debug)]
pub struct ToStore {
    store: Arc<dyn EventStore>,
    payload: Bytes,
    command: Arc<str>,
}

impl ToStore {
    /// A target that is this store.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self { store, payload: payload(), command: "ledger.note".into() }
    }
}

impl Target for ToStore {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let commit = commit(slot, fresh(&self.payload), self.command.clone());
        for outcome in self.store.append(vec![commit]).await? {
            outcome?;
        }
        Ok(())
    }
}

/// The commit that a command to the slot's stream would lead to.
pub fn commit(slot: &Slot, payload: Bytes, command: Arc<str>) -> Commit {
    let expected = slot.next.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
    let name = EventName::fixed("ledger.noted");
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload };
    let write = StreamWrite { stream: slot.stream.clone(), expected, events: vec![event] };
    let command = Some(CommandMark { name: command, digest: DIGEST });
    let meta = Metadata { time: now(), command, ..Metadata::default() };
    Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None, views: Vec::new() }
}

/// A text that makes the payload of its event as long as [`EVENT_BYTES`].
pub fn text() -> String {
    "0123456789abcdef".chars().cycle().take(EVENT_BYTES - FRAME).collect()
}

/// A payload of its own, as each event has.
pub fn fresh(payload: &Bytes) -> Bytes {
    Bytes::copy_from_slice(payload)
}

/// The payload as the event's codec writes it.
pub fn payload() -> Bytes {
    format!("{{\"text\":\"{}\"}}", text()).into()
}
