//! How fast a log is copied from one store to another, compared as it is read back.

use std::path::Path;
use std::time::Instant;

use factum::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::stores::{MemoryStore, SqliteStore, copy};
use factum::{EventName, Key, StreamName, Tags};
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, load, median};
use tokio::runtime::Builder;

const ROUNDS: usize = 5;
const EVENTS: u64 = 200_000;
const STREAMS: u64 = 10_000;
const PAYLOAD: usize = 256;
/// How many commits the source is filled with at once.
const RUN: u64 = 1_000;

fn main() -> Result<()> {
    Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (memory, file) = (MemoryStore::new(), SqliteStore::open(folder.path().join("from.db"))?);
    fill(&memory).await?;
    copy(&memory, &file).await?;
    let (mut from_memory, mut from_file) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let path = |name: &str| folder.path().join(format!("{name}-{round}.db"));
        from_memory.push(rate(&memory, &path("memory")).await?);
        from_file.push(rate(&file, &path("file")).await?);
    }
    file.close().await;
    line(&format!(
        "{EVENTS} commits of one event of {PAYLOAD} bytes in {STREAMS} streams, to a new file: median \
         (least-most) of {ROUNDS} rounds"
    ));
    row("", ["events/s", "MB/s of payload"]);
    for (name, rates) in [("memory to file", &from_memory), ("file to file", &from_file)] {
        let megabytes: Vec<_> = rates.iter().map(|rate| rate * PAYLOAD as f64 / 1e6).collect();
        row(name, [spread(rates, 0), spread(&megabytes, 1)]);
    }
    figure("copy_memory_events_per_s", median(from_memory), "events/s");
    figure("copy_events_per_s", median(from_file), "events/s");
    Ok(())
}

async fn fill(store: &MemoryStore) -> Result<()> {
    let payload: Vec<u8> = format!("{{\"text\":\"{}\"}}", "x".repeat(PAYLOAD - 11)).into();
    let payload = bytes::Bytes::from(payload);
    let commit = |number: u64| {
        let event = NewEvent {
            name: EventName::fixed("thing.happened"),
            version: 1,
            tags: Tags::none(),
            payload: payload.clone(),
        };
        let stream = StreamName::of("thing", &(number % STREAMS).to_string())?;
        let write = StreamWrite { stream, expected: Expected::Any, events: vec![event] };
        let meta = Metadata { time: load::now(), ..Metadata::default() };
        Ok(Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None, views: Vec::new() })
    };
    for first in (0..EVENTS).step_by(RUN as usize) {
        let run = (first..first + RUN).map(commit).collect::<Result<_>>()?;
        for outcome in store.append(run).await? {
            outcome?;
        }
    }
    Ok(())
}

/// Copied events a second, to a file that is new.
async fn rate(from: &dyn EventStore, path: &Path) -> Result<f64> {
    let to = SqliteStore::open(path)?;
    let start = Instant::now();
    let copied = copy(from, &to).await?;
    let rate = copied.events as f64 / start.elapsed().as_secs_f64();
    to.close().await;
    std::fs::remove_file(path)?;
    Ok(rate)
}
