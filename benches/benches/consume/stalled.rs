//! How much memory a consumer holds that takes nothing any more while a million events pass.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use factum::prelude::*;
use factum::store::EventStore;
use factum::stores::sqlite::SqliteStore;
use factum_benches::memory::{megabytes, peak, reset_peak, resident};
use factum_benches::report::{figure, line, row, spread};
use factum_benches::transfers::{TransferEvent, Transfers, append, check};
use factum_benches::{Result, median};
use factum_projections::{Hub, Runner};
use tokio::runtime::Runtime;

use crate::PATIENCE;

const EVENTS: u32 = 1_000_000;
const ROUNDS: usize = 5;
/// The argument that makes this program the child, before the file's name and what it is to do.
pub(crate) const CHILD: &str = "--stalled";
const BESIDE: &str = "beside";

/// Takes in nothing, and never ends.
#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "stalled", from(TransferEvent))]
struct Stalled {
    #[key]
    account: String,
}

impl Project<TransferEvent> for Stalled {
    fn project(&mut self, _: &TransferEvent, _: &Origin) {
        loop {
            std::thread::park();
        }
    }
}

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log.db");
    runtime.block_on(async {
        let store = SqliteStore::open(&file)?;
        append(&store, EVENTS).await?;
        store.close().await;
        Ok::<_, factum_benches::Error>(())
    })?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(measure(&file, "alone")?);
        beside.push(measure(&file, BESIDE)?);
    }
    line("");
    line("1,000,000 events pass a stalled consumer: MB resident at most, median (least-most) of 5");
    row("", ["whole", "in the first tenth"]);
    let of = |rounds: &[(f64, f64)]| -> [Vec<f64>; 2] {
        [rounds.iter().map(|r| r.0).collect(), rounds.iter().map(|r| r.1).collect()]
    };
    row("alone", of(&alone).map(|values| spread(&values, 1)));
    row("beside a stalled one", of(&beside).map(|values| spread(&values, 1)));
    let more = beside.iter().zip(&alone).map(|(beside, alone)| beside.0 - alone.0);
    figure("stalled_consumer_mb", median(more), "MB");
    Ok(())
}

fn measure(file: &Path, how: &str) -> Result<(f64, f64)> {
    let output = Command::new(std::env::current_exe()?).arg(CHILD).arg(file).arg(how).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match *numbers {
        [whole, tenth] if output.status.success() => Ok((whole, tenth)),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{}: {text}{errors}", output.status).into())
        }
    }
}

pub(crate) fn child(arguments: &[String]) -> Result<()> {
    let [file, how] = arguments else { return Err("the file, and what to do".into()) };
    // The stalled one keeps a thread.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build()?;
    let (whole, tenth) = runtime.block_on(pass(Path::new(file), how == BESIDE))?;
    line(&format!("{whole} {tenth}"));
    // It does not end otherwise.
    std::process::exit(0)
}

/// The most memory that was resident beyond what was before: in the whole, and in the first tenth.
async fn pass(file: &Path, beside: bool) -> Result<(f64, f64)> {
    let store = Arc::new(SqliteStore::open(file)?);
    let end = store.head().await?.position;
    let tenth = factum::Position::new(end.number() / 10);
    reset_peak()?;
    let before = resident()?;
    let hub = Hub::new(store.clone());
    let _stalled = match beside {
        true => Some(Runner::start::<Stalled>(&hub, None).await?),
        false => None,
    };
    let (_runner, view) = Runner::start::<Transfers>(&hub, None).await?;
    hub.start();
    let beyond = |bytes: u64| megabytes(bytes.saturating_sub(before));
    view.after(tenth).within(PATIENCE).limit(1).all().await?;
    let in_the_tenth = beyond(peak()?);
    view.after(end).within(PATIENCE).limit(1).all().await?;
    let whole = beyond(peak()?);
    check(&view.all().await?, EVENTS)?;
    // Neither may be dropped: that would wait for the stalled one.
    std::mem::forget((_stalled, _runner));
    Ok((whole, in_the_tenth))
}
