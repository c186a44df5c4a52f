//! How long an app takes to start and do its first transfer, with many finished instances and with none.

use std::path::Path;
use std::time::{Duration, Instant};

use factum::App;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

use crate::bank::{Account, Transfers};
use crate::fill;
use crate::transfers::{open_accounts, transfer};

const FINISHED: u32 = 100_000;
const ROUNDS: usize = 9;
/// How long the rows of all instances may take to be built.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (many, none) = (folder.path().join("many.db"), folder.path().join("none.db"));
    write(&many, FINISHED).await?;
    write(&none, 0).await?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(millis(&many).await?);
        without.push(millis(&none).await?);
    }
    line("");
    line(&format!("ms from opening the file until the first transfer has ended: {ROUNDS} rounds"));
    row("100,000 finished instances", [spread(&with, 1)]);
    row("none", [spread(&without, 1)]);
    figure("start_finished_ms", median(with), "ms");
    figure("start_none_ms", median(without), "ms");
    Ok(())
}

async fn write(file: &Path, finished: u32) -> Result<()> {
    let app = open(file).await?;
    open_accounts(&app).await?;
    fill::append(&**app.store(), finished, fill::finished).await?;
    let head = app.store().head().await?.position;
    let rows = app.sagas::<Transfers>().rows().after(head).within(PATIENCE).count().await?;
    if rows != finished as usize {
        return Err(format!("{rows} rows of {finished} instances").into());
    }
    app.sagas::<Transfers>().inbox().wait(head).await?;
    app.stop().await?;
    Ok(())
}

async fn open(file: &Path) -> Result<App> {
    Ok(App::open(file)?.aggregate::<Account>().saga::<Transfers>().start().await?)
}

async fn millis(file: &Path) -> Result<f64> {
    let start = Instant::now();
    let app = open(file).await?;
    let done = app.send(transfer()).await?;
    app.sagas::<Transfers>().ended(&done.command.to_string()).await?;
    let millis = start.elapsed().as_secs_f64() * 1e3;
    app.stop().await?;
    Ok(millis)
}
