//! One view that begins from nothing, beside its log: both in memory, and both in one file.

use std::sync::Arc;
use std::time::Instant;

use factum::store::EventStore;
use factum::stores::MemoryStore;
use factum::stores::sqlite::SqliteStore;
use factum::view::RowStore;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::transfers::{Transfers, append, check};
use factum_benches::{Result, median};
use factum_projections::{Hub, Runner};

use crate::PATIENCE;

const IN_MEMORY: u32 = 1_000_000;
const IN_FILE: u32 = 400_000;
const ROUNDS: usize = 5;

pub(crate) async fn run() -> Result<()> {
    line("from nothing to a view of 10,000 rows: events/s, median (least-most) of 5 runs");
    let memory = Arc::new(MemoryStore::new());
    append(&*memory, IN_MEMORY).await?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(rate(memory.clone(), None, IN_MEMORY).await?);
    }
    drop(memory);
    report("memory", &rates);

    let folder = tempfile::tempdir()?;
    let full = folder.path().join("full.db");
    let store = SqliteStore::open(&full)?;
    append(&store, IN_FILE).await?;
    store.close().await;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let file = folder.path().join("log.db");
        std::fs::copy(&full, &file)?;
        let store = SqliteStore::open(&file)?;
        rates.push(rate(Arc::new(store.clone()), store.rows(), IN_FILE).await?);
        store.close().await;
    }
    report("sqlite", &rates);
    Ok(())
}

fn report(store: &str, rates: &[f64]) {
    row(store, [spread(rates, 0)]);
    let name = format!("catchup_{store}_events_per_s");
    figure(&name, median(rates.iter().copied()), "events/s");
}

async fn rate(
    log: Arc<dyn EventStore>,
    rows: Option<Arc<dyn RowStore>>,
    events: u32,
) -> Result<f64> {
    let end = log.head().await?.position;
    let start = Instant::now();
    let hub = Hub::new(log);
    let (mut runner, view) = Runner::start::<Transfers>(&hub, rows).await?;
    hub.start();
    view.after(end).within(PATIENCE).limit(1).all().await?;
    let rate = f64::from(events) / start.elapsed().as_secs_f64();
    check(&view.all().await?, events)?;
    runner.stop().await?;
    Ok(rate)
}
