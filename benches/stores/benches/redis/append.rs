//! Appends beside the bare script.

use std::time::Duration;

use factum_benches::events::{STREAMS, ToStore};
use factum_benches::load::Load;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

use crate::bare::ToBare;
use crate::served;

const WRITERS: [usize; 2] = [64, 512];
const ROUNDS: usize = 7;
/// How long each is written to in one round.
const TIME: Duration = Duration::from_millis(700);

/// Commits a second in one round.
struct Round {
    store: f64,
    bare: f64,
    batched: f64,
}

/// Compares on a server that syncs like this.
pub(crate) async fn run(sync: &str) -> Result<()> {
    let (server, store) = served(sync).await?;
    let to_bare = ToBare::connect(&server).await?;
    let mut bare = Load::new(to_bare.clone(), "ledger", STREAMS)?;
    let mut stored = Load::new(ToStore::new(store), "ledger", STREAMS)?;
    bare.touch().await?;
    stored.touch().await?;
    line(&format!(
        "appendfsync {sync}: commits/s of one event, 256 bytes, 10,000 streams: median (least-most) of \
         {ROUNDS} interleaved rounds"
    ));
    row("writers", ["store", "bare", "bare, batched", "store / bare", "store / batched"]);
    for writers in WRITERS {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let bare = bare.rate(writers, TIME).await?;
            let store = stored.rate(writers, TIME).await?;
            let batched = to_bare.batched(writers, TIME).await?;
            rounds.push(Round { store, bare, batched });
        }
        report(sync, writers, &rounds);
    }
    Ok(())
}

fn report(sync: &str, writers: usize, rounds: &[Round]) {
    let of = |value: fn(&Round) -> f64| rounds.iter().map(value).collect::<Vec<_>>();
    let to_bare = of(|round| round.store / round.bare);
    let to_batched = of(|round| round.store / round.batched);
    let rates = [of(|round| round.store), of(|round| round.bare), of(|round| round.batched)];
    let cells = rates.iter().map(|rates| spread(rates, 0));
    let ratios = [spread(&to_bare, 2), spread(&to_batched, 2)];
    row(&writers.to_string(), cells.chain(ratios));
    // The figures are those of a server that syncs before it answers.
    let suffix = if sync == "always" { String::new() } else { format!("_{sync}") };
    figure(&format!("redis_append_ratio_{writers}{suffix}"), median(to_bare), "ratio");
    figure(&format!("redis_append_ratio_batched_{writers}{suffix}"), median(to_batched), "ratio");
}
