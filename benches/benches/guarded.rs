//! What a guard before a store costs.

use std::sync::Arc;
use std::time::Instant;

use factum::resilience::RetrySettings;
use factum::store::{
    Commit, Direction, EventStore, Expected, Metadata, NewEvent, Query, Range, StreamWrite,
};
use factum::stores::MemoryStore;
use factum::stores::guarded::{Guard, Guarded, Operation};
use factum::{EventName, Key, StreamName, Tags};
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

const ROUNDS: usize = 21;
const CALLS: usize = 20_000;
/// How many streams are written to.
const STREAMS: usize = 100;

/// What is measured, in turns: the store, the store behind the defaults of its guard, and behind a
/// guard that would try again, for which it keeps the run.
struct Subjects {
    bare: Arc<dyn EventStore>,
    guarded: Arc<dyn EventStore>,
    trying: Arc<dyn EventStore>,
}

impl Subjects {
    fn new() -> Result<Self> {
        let memory = || Arc::new(MemoryStore::new()) as Arc<dyn EventStore>;
        let retry = Some(RetrySettings { attempts: 4, ..RetrySettings::default() });
        let append = Operation { retry, ..Operation::default() };
        let again = Guard { append, ..Guard::default() };
        Ok(Self {
            bare: memory(),
            guarded: Arc::new(Guarded::new(memory(), Guard::default())?),
            trying: Arc::new(Guarded::new(memory(), again)?),
        })
    }
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<()> {
    let (mut appends, mut trying, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let subjects = Subjects::new()?;
        let bare = append(&*subjects.bare).await?;
        appends.push(append(&*subjects.guarded).await? - bare);
        trying.push(append(&*subjects.trying).await? - bare);
        let bare = read(&*subjects.bare).await?;
        reads.push(read(&*subjects.guarded).await? - bare);
    }
    line(&format!(
        "memory store, one caller: median (least-most) of {ROUNDS} rounds of {CALLS} calls"
    ));
    row("ns more, append", [spread(&appends, 0)]);
    row("ns more, append with tries", [spread(&trying, 0)]);
    row("ns more, read of one event", [spread(&reads, 0)]);
    figure("guard_ns", median(appends), "ns");
    figure("guard_tries_ns", median(trying), "ns");
    figure("guard_read_ns", median(reads), "ns");
    Ok(())
}

/// Nanoseconds an append of one commit of one event. The commits are made before.
async fn append(store: &dyn EventStore) -> Result<f64> {
    let commits: Vec<_> = (0..CALLS).map(|call| commit(call % STREAMS)).collect::<Result<_>>()?;
    let begun = Instant::now();
    for commit in commits {
        std::hint::black_box(store.append(vec![commit]).await?);
    }
    Ok(begun.elapsed().as_secs_f64() * 1e9 / CALLS as f64)
}

/// Nanoseconds a read of one event.
async fn read(store: &dyn EventStore) -> Result<f64> {
    let begun = Instant::now();
    for _ in 0..CALLS {
        let page = store.read(Query::All, Range::ALL, Direction::Forward, 1).await?;
        std::hint::black_box(page);
    }
    Ok(begun.elapsed().as_secs_f64() * 1e9 / CALLS as f64)
}

fn commit(stream: usize) -> Result<Commit> {
    let name = EventName::fixed("account.deposited");
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload: "{\"cents\":5}".into() };
    let stream = StreamName::of("account", &stream.to_string())?;
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events: vec![event] }];
    Ok(Commit { key: Key::now_v7(), meta: Metadata::default(), writes, guard: None })
}
