//! What the benchmarks of the stores on servers share. How each figure is measured is said in
//! `docs/performance.md`.

use std::sync::Arc;

use bytes::Bytes;
use factum_benches::Result;
use factum_benches::load::{Slot, Target, now};
use factum_core::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum_core::{EventName, Key, StreamName, Tags};

/// How many streams are written to.
pub const STREAMS: u32 = 10_000;
/// How many bytes an event has.
pub const PAYLOAD: usize = 256;

/// An event of [`PAYLOAD`] bytes for a stream.
pub fn commit(stream: &StreamName, expected: Expected) -> Commit {
    let payload = Bytes::from(vec![b'x'; PAYLOAD]);
    let (name, tags) = (EventName::fixed("ledger.noted"), Tags::none());
    let event = NewEvent { name, version: 1, tags, payload };
    let write = StreamWrite { stream: stream.clone(), expected, events: vec![event] };
    let meta = Metadata { time: now(), ..Metadata::default() };
    Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None }
}

/// A store, to which events are appended with their exact expected revision.
#[derive(Clone)]
pub struct ToStore(pub Arc<dyn EventStore>);

impl std::fmt::Debug for ToStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToStore").finish_non_exhaustive()
    }
}

impl Target for ToStore {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let expected = slot.next.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        for outcome in self.0.append(vec![commit(&slot.stream, expected)]).await? {
            outcome?;
        }
        Ok(())
    }
}
