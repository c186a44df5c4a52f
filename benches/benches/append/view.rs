//! The embedded store with a view of 10,000 rows in its file that follows live, against the store
//! without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use factum::View;
use factum::store::EventStore;
use factum::stores::sqlite::SqliteStore;
use factum_benches::events::{STREAMS, ToStore};
use factum_benches::load::Load;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_projections::{Hub, Runner};

use crate::domain::LedgerRow;

const SENDERS: usize = 64;
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_millis(1000);
/// How long the view may take to catch up.
const PATIENCE: Duration = Duration::from_secs(60);

struct Round {
    alone: f64,
    followed: f64,
    /// How many events the view was behind when the senders stopped.
    lag: f64,
    /// How long it took to catch up then.
    caught_up: Duration,
}

pub(crate) async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = |name: &str| SqliteStore::open(folder.path().join(name)).map(Arc::new);
    let (plain, followed) = (store("plain.db")?, store("followed.db")?);
    let mut alone = Load::new(ToStore::new(plain.clone()), "ledger", STREAMS)?;
    let mut watched = Load::new(ToStore::new(followed.clone()), "ledger", STREAMS)?;
    alone.touch().await?;
    watched.touch().await?;
    let hub = Hub::new(followed.clone());
    let (mut runner, view) = Runner::start::<LedgerRow>(&hub, followed.rows()).await?;
    hub.start();
    catch_up(&followed, &view).await?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let alone = alone.rate(SENDERS, TIME).await?;
        let rate = watched.rate(SENDERS, TIME).await?;
        let (lag, caught_up) = catch_up(&followed, &view).await?;
        rounds.push(Round { alone, followed: rate, lag, caught_up });
    }
    runner.stop().await?;
    report(&rounds);
    plain.close().await;
    followed.close().await;
    Ok(())
}

/// Waits until the view has seen all there is; how far it was behind, and how long it took.
async fn catch_up(store: &SqliteStore, view: &View<LedgerRow>) -> Result<(f64, Duration)> {
    let start = Instant::now();
    let end = store.head().await?.position;
    let lag = end.number() - view.reached().number();
    let rows = view.after(end).within(PATIENCE).count().await?;
    if rows != STREAMS as usize {
        return Err(format!("the view has {rows} rows").into());
    }
    Ok((lag as f64, start.elapsed()))
}

fn report(rounds: &[Round]) {
    let of = |value: fn(&Round) -> f64| rounds.iter().map(value).collect::<Vec<_>>();
    line("");
    line("events/s, 64 senders, without and with a live view of 10,000 rows");
    row("", ["alone", "with view", "ratio"]);
    let ratios = of(|round| round.followed / round.alone);
    let (alone, followed) = (of(|round| round.alone), of(|round| round.followed));
    row("64", [spread(&alone, 0), spread(&followed, 0), spread(&ratios, 2)]);
    row("events behind at the end", [spread(&of(|round| round.lag), 0)]);
    row("ms to catch up", [spread(&of(|r| r.caught_up.as_secs_f64() * 1e3), 1)]);
    figure("append_with_view_ratio_64", median(ratios), "ratio");
    figure("view_lag_events", median(of(|round| round.lag)), "events");
    figure("view_catch_up_ms", median(of(|r| r.caught_up.as_secs_f64() * 1e3)), "ms");
}
