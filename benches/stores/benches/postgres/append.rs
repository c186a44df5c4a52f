//! The store against the group commit written by hand.

use std::sync::Arc;
use std::time::Duration;

use factum_benches::events::{STREAMS, ToStore};
use factum_benches::load::Load;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_core::store::Durability;
use factum_stores::PostgresStore;

use crate::hand_written::HandWritten;

const SENDERS: [usize; 3] = [1, 64, 512];
const ROUNDS: usize = 7;
/// How long one target is written to in one round.
const TIME: Duration = Duration::from_millis(700);

/// With each commit synced, and with `synchronous_commit` off.
pub(crate) async fn run(url: &str) -> Result<()> {
    line("events/s, 256 bytes, 10,000 streams: median (least-most) of 7 interleaved rounds");
    row("synchronous_commit, senders", ["by hand", "store", "store / by hand"]);
    compare(url, "on", &SENDERS).await?;
    compare(url, "off", &[64]).await
}

async fn compare(url: &str, synchronous: &str, senders: &[usize]) -> Result<()> {
    let store = store(url, synchronous).await?;
    let by_hand = HandWritten::create(url, synchronous).await?;
    let mut by_hand = Load::new(by_hand, "ledger", STREAMS)?;
    let mut own = Load::new(ToStore::new(Arc::new(store.clone())), "ledger", STREAMS)?;
    by_hand.touch().await?;
    own.touch().await?;
    for senders in senders {
        let (mut limits, mut rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let limit = by_hand.rate(*senders, TIME).await?;
            let rate = own.rate(*senders, TIME).await?;
            limits.push(limit);
            rates.push(rate);
            ratios.push(rate / limit);
        }
        let label = format!("{synchronous}, {senders}");
        row(&label, [spread(&limits, 0), spread(&rates, 0), spread(&ratios, 2)]);
        let suffix = if synchronous == "on" { "" } else { "_unsynced" };
        figure(&format!("postgres_append_ratio_{senders}{suffix}"), median(ratios), "ratio");
    }
    store.close().await;
    Ok(())
}

/// A log of its own, through sessions with such a value of `synchronous_commit`.
async fn store(url: &str, synchronous: &str) -> Result<PostgresStore> {
    let durability = if synchronous == "on" { Durability::Synced } else { Durability::Process };
    let url = format!("{url}?options=-c%20synchronous_commit%3D{synchronous}");
    let options = PostgresStore::options().durability(durability).migrate();
    Ok(options.log(format!("append {synchronous}")).connect(&url).await?)
}
