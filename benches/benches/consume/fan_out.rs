//! A hundred projections on one tail, against one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use factum::store::EventStore;
use factum::stores::MemoryStore;
use factum::stores::sqlite::SqliteStore;
use factum::view::RowStore;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_projections::Hub;

use crate::kinds::{KINDS, append, start, start_each, start_same};

const IN_MEMORY: u32 = 400_000;
const IN_FILE: u32 = 100_000;
const ROUNDS: usize = 5;

/// The projections that a run starts.
#[derive(Clone, Copy)]
enum Crowd {
    /// One, of the first kind.
    One,
    /// A hundred, each of a kind of its own.
    Each,
    /// A hundred of the first kind, in memory.
    Same,
}

pub(crate) async fn run() -> Result<()> {
    line("");
    line("from nothing: ms, median (least-most) of 5 rounds, the three in turns");
    let (mixed, plain) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    append(&*mixed, KINDS, IN_MEMORY).await?;
    append(&*plain, 1, IN_MEMORY).await?;
    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        rounds.one.push(time(plain.clone(), None, Crowd::One, IN_MEMORY).await?);
        rounds.each.push(time(mixed.clone(), None, Crowd::Each, IN_MEMORY).await?);
        rounds.same.push(time(plain.clone(), None, Crowd::Same, IN_MEMORY * KINDS).await?);
    }
    rounds.report("memory", "");

    let folder = tempfile::tempdir()?;
    let mut rounds = Rounds::default();
    for round in 0..ROUNDS {
        for (kinds, crowd, times) in
            [(1, Crowd::One, &mut rounds.one), (KINDS, Crowd::Each, &mut rounds.each)]
        {
            let file = folder.path().join(format!("{round}-{kinds}.db"));
            let store = SqliteStore::open(&file)?;
            append(&store, kinds, IN_FILE).await?;
            times.push(time(Arc::new(store.clone()), store.rows(), crowd, IN_FILE).await?);
            store.close().await;
            std::fs::remove_file(&file)?;
        }
    }
    rounds.report("sqlite", "_sqlite");
    Ok(())
}

#[derive(Default)]
struct Rounds {
    one: Vec<f64>,
    each: Vec<f64>,
    same: Vec<f64>,
}

impl Rounds {
    fn report(&self, store: &str, suffix: &str) {
        let all =
            [("one", &self.one), ("100 of 100 types", &self.each), ("100 of one type", &self.same)];
        let measured: Vec<_> = all.into_iter().filter(|(_, times)| !times.is_empty()).collect();
        row(store, measured.iter().map(|(name, _)| name));
        row("ms", measured.iter().map(|(_, times)| spread(times, 0)));
        let ratio = |of: &[f64]| median(of.iter().zip(&self.one).map(|(many, one)| many / one));
        figure(&format!("fanout_100_ratio{suffix}"), ratio(&self.each), "ratio");
        if !self.same.is_empty() {
            figure(&format!("fanout_100_all_ratio{suffix}"), ratio(&self.same), "ratio");
        }
    }
}

/// Milliseconds until all of them have taken in all.
async fn time(
    log: Arc<dyn EventStore>,
    rows: Option<Arc<dyn RowStore>>,
    crowd: Crowd,
    events: u32,
) -> Result<f64> {
    let end = log.head().await?.position;
    let hub = Hub::new(log);
    let begin = Instant::now();
    let started = match crowd {
        Crowd::One => vec![start::<0>(&hub, rows, end).await?],
        Crowd::Each => start_each(&hub, rows, end).await?,
        Crowd::Same => start_same(&hub, end).await?,
    };
    hub.start();
    let mut seen = 0;
    for view in started {
        seen += view.await?;
    }
    let time: Duration = begin.elapsed();
    if seen != u64::from(events) {
        return Err(format!("{seen} of {events} events were seen").into());
    }
    Ok(time.as_secs_f64() * 1e3)
}
