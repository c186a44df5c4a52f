//! A hundred projections on one tail, against one that takes in as many events: all in memory, as the
//! writing of rows would hide what the fan-out costs.

use std::sync::Arc;
use std::time::Instant;

use factum::store::EventStore;
use factum::stores::MemoryStore;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_projections::Hub;

use crate::PATIENCE;
use crate::kinds::{KINDS, append, seen, start};

const EVENTS: u32 = 200_000;
const ROUNDS: usize = 5;

pub(crate) async fn run() -> Result<()> {
    let (mixed, plain) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    append(&*mixed, KINDS, EVENTS).await?;
    append(&*plain, 1, EVENTS).await?;
    let (mut one, mut each, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        one.push(time(plain.clone(), [0]).await?);
        each.push(time(mixed.clone(), 0..KINDS).await?);
        all.push(time(plain.clone(), [0; KINDS as usize]).await?);
    }
    line("");
    line("200,000 events from nothing: ms, median (least-most) of 5 rounds, the three in turns");
    row("", ["one", "100 of 100 types", "100 of one type"]);
    row("ms", [spread(&one, 0), spread(&each, 0), spread(&all, 0)]);
    let ratio = |of: &[f64]| median(of.iter().zip(&one).map(|(many, one)| many / one));
    figure("fanout_100_ratio", ratio(&each), "ratio");
    figure("fanout_100_all_ratio", ratio(&all), "ratio");
    Ok(())
}

/// Milliseconds until the projections of these kinds have taken in all.
async fn time(log: Arc<dyn EventStore>, kinds: impl IntoIterator<Item = u32>) -> Result<f64> {
    let end = log.head().await?.position;
    let hub = Hub::new(log);
    let begin = Instant::now();
    let mut projections = Vec::new();
    for kind in kinds {
        projections.push(start(&hub, kind).await?);
    }
    hub.start();
    for (_, view) in &projections {
        view.after(end).within(PATIENCE).limit(0).all().await?;
    }
    let millis = begin.elapsed().as_secs_f64() * 1e3;
    for (_, view) in &projections {
        let of_one = u64::from(EVENTS) / projections.len() as u64;
        let seen = seen(&view.all().await?);
        if seen != of_one && seen != u64::from(EVENTS) {
            return Err(format!("{seen} events were seen").into());
        }
    }
    for (runner, _) in &mut projections {
        runner.stop().await?;
    }
    Ok(millis)
}
