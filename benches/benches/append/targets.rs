use std::sync::Arc;

use bytes::Bytes;
use factum::store::{CommandMark, Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::{App, EventName, Key, Tags};
use factum_benches::Result;
use factum_benches::bare::{BareFile, Record};
use factum_benches::load::{Slot, Target, now};

use crate::domain::{Note, text};

/// Stands for what a hash of the command would be.
const DIGEST: u64 = 0x0123_4567_89ab_cdef;

/// The bare file.
#[derive(Clone)]
pub(crate) struct ToBare {
    file: BareFile,
    payload: Bytes,
}

impl ToBare {
    pub(crate) fn new(file: BareFile) -> Self {
        Self { file, payload: payload() }
    }
}

impl Target for ToBare {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let (stream, revision) = (slot.number, slot.next);
        let (key, time, payload) = (Key::now_v7(), now(), fresh(&self.payload));
        let record = Record { stream, revision, key, time, digest: DIGEST, payload };
        self.file.append(record).await?;
        Ok(())
    }
}

/// A store, through its own interface.
#[derive(Clone)]
pub(crate) struct ToStore {
    store: Arc<dyn EventStore>,
    payload: Bytes,
    command: Arc<str>,
}

impl ToStore {
    pub(crate) fn new(store: Arc<dyn EventStore>) -> Self {
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
pub(crate) fn commit(slot: &Slot, payload: Bytes, command: Arc<str>) -> Commit {
    let expected = slot.next.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
    let name = EventName::fixed("ledger.noted");
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload };
    let write = StreamWrite { stream: slot.stream.clone(), expected, events: vec![event] };
    let command = Some(CommandMark { name: command, digest: DIGEST });
    let meta = Metadata { time: now(), command, ..Metadata::default() };
    Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None }
}

/// An app.
#[derive(Clone)]
pub(crate) struct ToApp {
    app: App,
    text: String,
}

impl ToApp {
    pub(crate) fn new(app: App) -> Self {
        Self { app, text: text() }
    }
}

impl Target for ToApp {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let (ledger, text) = (slot.stream.id().to_owned(), self.text.clone());
        self.app.send(Note { ledger, text }).await?;
        Ok(())
    }
}

/// A payload of its own, as each event has.
fn fresh(payload: &Bytes) -> Bytes {
    Bytes::copy_from_slice(payload)
}

/// The payload as the event's codec writes it.
pub(crate) fn payload() -> Bytes {
    format!("{{\"text\":\"{}\"}}", text()).into()
}
