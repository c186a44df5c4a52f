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

/// Short rounds, and many: most of them are shorter than what others on the machine take at a time, so
/// that the median is that of an undisturbed one.
const ROUNDS: usize = 1001;
const CALLS: usize = 200;
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
    let subjects = Subjects::new()?;
    let (mut appends, mut reads) = (<[Vec<f64>; 3]>::default(), <[Vec<f64>; 2]>::default());
    for _ in 0..ROUNDS {
        let stores = [&subjects.bare, &subjects.guarded, &subjects.trying];
        for (times, store) in appends.iter_mut().zip(stores) {
            times.push(append(&**store).await?);
        }
        for (times, store) in reads.iter_mut().zip(stores) {
            times.push(read(&**store).await?);
        }
    }
    line(&format!("ns a call, memory store, one caller: median (least-most) of {ROUNDS} rounds"));
    row("", ["bare", "guarded", "with tries"]);
    row("append", appends.each_ref().map(|times| spread(times, 0)));
    row("read of one event", reads.each_ref().map(|times| spread(times, 0)));
    let [bare, guarded, trying] = appends.map(median);
    figure("guard_ns", guarded - bare, "ns");
    figure("guard_tries_ns", trying - bare, "ns");
    let [bare, guarded] = reads.map(median);
    figure("guard_read_ns", guarded - bare, "ns");
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
    Ok(Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes,
        guard: None,
        views: Vec::new(),
    })
}
