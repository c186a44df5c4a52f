//! A million instances that each wait for a timer: what they need, and how soon one more fires.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use factum::App;
use factum::stores::sqlite::SqliteStore;
use factum_benches::load::now;
use factum_benches::memory::{megabytes, resident};
use factum_benches::report::{figure, line, row};
use factum_benches::{Result, median};

use crate::fill;
use crate::reminders::{Reminder, Reminders, SetFor};

const MANY: u32 = 1_000_000;
const FEW: u32 = 1_000;
/// The argument that makes this program the child, before the file's name.
pub(crate) const CHILD: &str = "--timers";
/// How many timers are fired, after as many that fill caches.
const FIRED: u32 = 200;
const ROUNDS: usize = 3;
/// How long the rows of all instances may take to be built.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a process needs and does beside so many pending timers.
#[derive(Clone, Copy)]
struct Beside {
    megabytes: f64,
    /// Microseconds to set and fire one.
    fire: f64,
}

pub(crate) async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut rounds = Vec::new();
    for (name, instances) in [("none.db", 0), ("few.db", FEW), ("many.db", MANY)] {
        let file = folder.path().join(name);
        write(&file, instances).await?;
        let beside = (0..ROUNDS).map(|_| measure(&file)).collect::<Result<Vec<_>>>()?;
        let of = |value: fn(&Beside) -> f64| median(beside.iter().map(value));
        rounds.push(Beside { megabytes: of(|b| b.megabytes), fire: of(|b| b.fire) });
    }
    let [none, few, many] = rounds.try_into().map_err(|_| "not three sizes")?;
    report(none, few, many);
    Ok(())
}

/// Writes the log, and has the rows of the instances built.
async fn write(file: &Path, instances: u32) -> Result<()> {
    let store = SqliteStore::open(file)?;
    fill::append(&store, instances, fill::pending).await?;
    store.close().await;
    let start = Instant::now();
    let app = open(file).await?;
    settle(&app, instances).await?;
    line(&format!("{instances} rows built in {:.1} s", start.elapsed().as_secs_f64()));
    app.stop().await?;
    Ok(())
}

async fn open(file: &Path) -> Result<App> {
    Ok(App::open(file)?.aggregate::<Reminder>().saga::<Reminders>().start().await?)
}

/// Waits until the saga knows of all that is in the log.
async fn settle(app: &App, instances: u32) -> Result<()> {
    let (sagas, head) = (app.sagas::<Reminders>(), app.store().head().await?.position);
    sagas.inbox().wait(head).await?;
    let rows = sagas.rows().after(head).within(PATIENCE).count().await?;
    if rows < instances as usize {
        return Err(format!("{rows} rows of {instances} instances").into());
    }
    Ok(())
}

fn measure(file: &Path) -> Result<Beside> {
    let output = Command::new(std::env::current_exe()?).arg(CHILD).arg(file).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match *numbers {
        [megabytes, fire] if output.status.success() => Ok(Beside { megabytes, fire }),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{}: {text}{errors}", output.status).into())
        }
    }
}

pub(crate) async fn child(arguments: &[String]) -> Result<()> {
    let [file] = arguments else { return Err("the file".into()) };
    let app = open(Path::new(file)).await?;
    settle(&app, 0).await?;
    let mut times = Vec::new();
    for number in 0..2 * FIRED {
        let micros = fire(&app).await?;
        if number >= FIRED {
            times.push(micros);
        }
    }
    line(&format!("{} {}", megabytes(resident()?), median(times)));
    app.stop().await?;
    Ok(())
}

/// How many microseconds it takes to set a timer that is due at once and have it fire.
async fn fire(app: &App) -> Result<f64> {
    let start = Instant::now();
    let reminder = factum::Key::now_v7().to_string();
    let set = SetFor { reminder: reminder.clone(), due: now().as_micros() };
    app.send(set).await?;
    app.sagas::<Reminders>().ended(&reminder).await?;
    Ok(start.elapsed().as_secs_f64() * 1e6)
}

fn report(none: Beside, few: Beside, many: Beside) {
    line("");
    line("pending timers, after a restart");
    row("", ["none", "1,000", "1,000,000"]);
    let each = [none, few, many];
    row("MB resident", each.map(|beside| format!("{:.1}", beside.megabytes)));
    row("us to set and fire one", each.map(|beside| format!("{:.0}", beside.fire)));
    figure("timers_1m_mb", many.megabytes - none.megabytes, "MB");
    figure("timer_fire_us_1k", few.fire, "us");
    figure("timer_fire_us_1m", many.fire, "us");
}
