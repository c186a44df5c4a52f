//! Whether a long history makes an aggregate slow to load.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use factum::prelude::*;
use factum::snapshot::Snapshot;
use factum::store::{Commit, EventStore, Expected, Metadata, NewEvent, StreamWrite};
use factum::stores::sqlite::SqliteStore;
use factum::{EventLog, EventName, Key, StreamName, Tags};
use factum_benches::load::now;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

const LONG: u64 = 100_000;
const SHORT: u64 = 1_000;
/// How many events the snapshots are behind.
const BEHIND: u64 = 100;
/// How many other streams grow meanwhile, so that the events of one are not neighbours.
const OTHERS: u64 = 8;
const ROUNDS: usize = 9;
const LOADS: u32 = 100;

#[derive(Event, Clone, Debug)]
enum MeterEvent {
    #[event("meter.read")]
    Read { value: u64, by: String },
}

#[derive(Command, Serialize, Deserialize)]
#[command("meter.report")]
struct Report {
    #[id]
    meter: String,
    value: u64,
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(name = "meter", event = MeterEvent, error = Infallible, commands(Report),
            snapshot(every = 200))]
struct Meter {
    value: u64,
    readings: u64,
    by: String,
}

impl Apply<MeterEvent> for Meter {
    fn apply(&mut self, event: &MeterEvent) {
        let MeterEvent::Read { value, by } = event;
        self.value = *value;
        self.readings += 1;
        self.by.clone_from(by);
    }
}

impl Handle<Report> for Meter {
    fn handle(&self, cmd: &Report, _: &Context) -> Decision<Self> {
        emit(MeterEvent::Read { value: cmd.value, by: "meter reader".to_owned() })
    }
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("log.db");
        write(&file).await?;
        measure(&file).await
    })
}

async fn measure(file: &Path) -> Result<()> {
    let store = SqliteStore::open(file)?;
    let log = EventLog::<Meter>::new(Arc::new(store.clone()));
    let (mut long, mut short) = (Vec::new(), Vec::new());
    // The first round of each fills the page caches.
    for round in 0..=ROUNDS {
        let (slow, fast) = (micros(&log, "long", LONG).await?, micros(&log, "short", SHORT).await?);
        if round > 0 {
            long.push(slow);
            short.push(fast);
        }
    }
    let ratios: Vec<f64> = long.iter().zip(&short).map(|(long, short)| long / short).collect();
    line("loading from a snapshot 100 events behind: median (least-most) of 9 rounds of 100 loads");
    row("us, of 100,000 events", [spread(&long, 0)]);
    row("us, of 1,000 events", [spread(&short, 0)]);
    row("ratio", [spread(&ratios, 2)]);
    figure("history_ratio", median(ratios), "ratio");
    store.close().await;
    Ok(())
}

/// Microseconds a load.
async fn micros(log: &EventLog<Meter>, id: &str, events: u64) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..LOADS {
        let loaded = log.load(id).await?.ok_or("the aggregate has no events")?;
        if loaded.state.readings != events {
            return Err(format!("{} of {events} events", loaded.state.readings).into());
        }
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(LOADS))
}

async fn write(file: &Path) -> Result<()> {
    let store = SqliteStore::open(file)?;
    let others: Vec<String> = (0..OTHERS).map(|other| format!("other-{other}")).collect();
    for first in (0..LONG).step_by(100) {
        let mut run = Vec::new();
        for number in first..first + 100 {
            run.push(commit("long", number)?);
            if number >= LONG - SHORT {
                run.push(commit("short", number)?);
            }
            for other in &others {
                run.push(commit(other, number)?);
            }
        }
        for outcome in store.append(run).await? {
            outcome?;
        }
    }
    keep(&store, "long", LONG).await?;
    keep(&store, "short", SHORT).await?;
    store.close().await;
    Ok(())
}

/// Keeps a snapshot as the pipeline would have when the stream was shorter.
async fn keep(store: &SqliteStore, id: &str, events: u64) -> Result<()> {
    let log = EventLog::<Meter>::new(Arc::new(store.clone()));
    let revision = events - 1 - BEHIND;
    let loaded = log.at_revision(id, revision).await?.ok_or("the stream is too short")?;
    let policy = <Meter as Aggregate>::snapshot().ok_or("there is no snapshot policy")?;
    let mut state = Vec::new();
    policy.form.write(&loaded.state, &mut state)?;
    let (stream, shape) = (StreamName::of("meter", id)?, policy.full_shape());
    let snapshot = Snapshot { stream, shape, revision, mark: loaded.mark, state: state.into() };
    let snapshots = store.snapshots().ok_or("the store keeps no snapshots")?;
    Ok(snapshots.save(snapshot).await?)
}

fn commit(id: &str, value: u64) -> Result<Commit> {
    let event = MeterEvent::Read { value, by: "meter reader".to_owned() };
    let mut payload = Vec::new();
    event.encode(&mut payload)?;
    let name = EventName::fixed(event.event_type().name);
    let event = NewEvent { name, version: 1, tags: Tags::none(), payload: payload.into() };
    let stream = StreamName::of("meter", id)?;
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event] };
    let meta = Metadata { time: now(), ..Metadata::default() };
    Ok(Commit { key: Key::now_v7(), meta, writes: vec![write], guard: None, views: Vec::new() })
}
