//! Appends beside the official client.

use std::time::Duration;

use factum_benches::events::{STREAMS, ToStore};
use factum_benches::load::Load;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

use crate::bare::ToBare;
use crate::served;

const WRITERS: [usize; 3] = [1, 64, 512];
const ROUNDS: usize = 7;
/// How long each is written to in one round.
const TIME: Duration = Duration::from_millis(700);

/// Commits a second in one round.
struct Round {
    store: f64,
    bare: f64,
}

pub(crate) async fn run() -> Result<()> {
    let (server, store) = served().await?;
    let mut bare = Load::new(ToBare::connect(server.url())?, "bare", STREAMS)?;
    let mut stored = Load::new(ToStore::new(store), "ledger", STREAMS)?;
    bare.touch().await?;
    stored.touch().await?;
    line(&format!(
        "commits/s of one event, 256 bytes, 10,000 streams: median (least-most) of {ROUNDS} interleaved \
         rounds"
    ));
    row("writers", ["store", "bare client", "store / bare"]);
    for writers in WRITERS {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let bare = bare.rate(writers, TIME).await?;
            let store = stored.rate(writers, TIME).await?;
            rounds.push(Round { store, bare });
        }
        report(writers, &rounds);
    }
    Ok(())
}

fn report(writers: usize, rounds: &[Round]) {
    let of = |value: fn(&Round) -> f64| rounds.iter().map(value).collect::<Vec<_>>();
    let ratios = of(|round| round.store / round.bare);
    let rates = [of(|round| round.store), of(|round| round.bare)].map(|rates| spread(&rates, 0));
    row(&writers.to_string(), rates.into_iter().chain([spread(&ratios, 2)]));
    figure(&format!("eventstore_append_ratio_{writers}"), median(ratios), "ratio");
}
