//! How fast a view in memory is built anew from the whole log, and how much memory that takes.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use factum::store::EventStore;
use factum::stores::sqlite::SqliteStore;
use factum_benches::memory::{megabytes, peak, reset_peak, resident};
use factum_benches::report::{figure, line, row, spread};
use factum_benches::transfers::{Transfers, append, check};
use factum_benches::{Result, median};
use factum_projections::{Hub, Runner};

const EVENTS: u32 = 1_000_000;
const ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(60);
/// The argument that makes this program the child, before the file's name.
const CHILD: &str = "--replay";

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut arguments = std::env::args().skip_while(|argument| argument != CHILD).skip(1);
    if let Some(file) = arguments.next() {
        return runtime.block_on(replay(Path::new(&file)));
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log.db");
    runtime.block_on(write(&file))?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(child(&file)?);
    }
    report(&rounds);
    Ok(())
}

/// What a child measured.
struct Round {
    events_per_s: f64,
    /// The most memory that the replay had resident, beyond what was before it, in MB.
    most_mb: f64,
    /// The same, up to a tenth of the log.
    most_at_a_tenth_mb: f64,
}

fn report(rounds: &[Round]) {
    let of = |value: fn(&Round) -> f64| rounds.iter().map(value).collect::<Vec<_>>();
    line("1,000,000 events of 150 bytes to a view of 10,000 rows: median (least-most) of 5 runs");
    row("events/s", [spread(&of(|round| round.events_per_s), 0)]);
    row("resident MB, at most", [spread(&of(|round| round.most_mb), 1)]);
    row("  in the first tenth", [spread(&of(|round| round.most_at_a_tenth_mb), 1)]);
    figure("replay_events_per_s", median(of(|round| round.events_per_s)), "events/s");
    figure("replay_mb", median(of(|round| round.most_mb)), "MB");
}

/// Replays in a process of its own, whose memory nothing else has used.
fn child(file: &Path) -> Result<Round> {
    let output = Command::new(std::env::current_exe()?).arg(CHILD).arg(file).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match *numbers {
        [events_per_s, most_mb, most_at_a_tenth_mb] if output.status.success() => {
            Ok(Round { events_per_s, most_mb, most_at_a_tenth_mb })
        }
        _ => {
            Err(format!("{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr))
                .into())
        }
    }
}

async fn replay(file: &Path) -> Result<()> {
    let store = Arc::new(SqliteStore::open(file)?);
    let end = store.head().await?.position;
    let tenth = factum::Position::new(end.number() / 10);
    reset_peak()?;
    let (before, start) = (resident()?, Instant::now());
    let hub = Hub::new(store.clone());
    let (mut runner, view) = Runner::start::<Transfers>(&hub, None).await?;
    hub.start();
    let beyond = |bytes: u64| megabytes(bytes.saturating_sub(before));
    view.after(tenth).within(PATIENCE).limit(1).all().await?;
    let most_at_a_tenth = beyond(peak()?);
    view.after(end).within(PATIENCE).limit(1).all().await?;
    let events_per_s = f64::from(EVENTS) / start.elapsed().as_secs_f64();
    let most = beyond(peak()?);
    check(&view.all().await?, EVENTS)?;
    runner.stop().await?;
    store.close().await;
    line(&format!("{events_per_s} {most} {most_at_a_tenth}"));
    Ok(())
}

async fn write(file: &Path) -> Result<()> {
    let store = SqliteStore::open(file)?;
    append(&store, EVENTS).await?;
    store.close().await;
    Ok(())
}
