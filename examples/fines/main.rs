//! Traffic fines: every row of a CSV file becomes a command, and what the fines add up to is read
//! from a view.
//!
//! ```text
//! cargo run --release --example fines -- [--data FILE] [--db FILE | --store URL] [--fine ID] [--watch]
//! ```
//!
//! `--data` is the file, in the columns of the `traffic_fines` log of the R package eventdataR; a
//! small sample if it is left out. `--db` is where the events are kept; a temporary file if it is
//! left out. It prints what all fines add up to, with `--fine` what this one does. With `--watch` it
//! tells on stderr what they add up to while they are read, each time that it has changed. Rows that
//! cannot be taken are reported there, too.
//!
//! The ids of the commands follow from the rows, so the import can be killed at any moment and run
//! again: it ends the same.
//!
//! Exit status: 0 if every row was taken, 1 if some were not, 2 if it could not run.

pub(crate) mod activities;
pub(crate) mod arguments;
pub(crate) mod commands;
pub(crate) mod date;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod fine;
pub(crate) mod import;
pub(crate) mod money;
#[path = "../place/mod.rs"]
mod place;
pub(crate) mod progress;
pub(crate) mod rows;
pub(crate) mod views;
pub(crate) mod watching;

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use factum::{App, AppBuilder};

use arguments::Arguments;
use figures::Figures;
use fine::Fine;
use import::import;
use money::euros;
use place::Place;
use progress::Progress;
use rows::Rows;
use views::{ALL, FineRow, Totals};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("fines: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the example consists of.
pub(crate) fn fines(app: AppBuilder) -> AppBuilder {
    app.aggregate::<Fine>().projection::<FineRow>().projection::<Totals>()
}

/// Imports the file, prints the figures, and says how many rows were not taken.
async fn run() -> Result<u64, Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let (progress, content) = Progress::over(arguments.data.as_deref())?;
    let rows = Rows::open(content)?;
    let scratch = tempfile::tempdir()?;
    let temporary = || Place::File(scratch.path().join("fines.db"));
    let place = arguments.place.unwrap_or_else(temporary);
    let app = fines(place.open().await?).start().await?;
    let printed = import_and_print(&app, rows, &progress, arguments.fine.as_deref());
    let outcome = if arguments.watch {
        watching::watch(app.view(), &progress, printed).await?
    } else {
        printed.await
    };
    app.stop().await?;
    outcome
}

async fn import_and_print(
    app: &App,
    rows: Rows<impl Read>,
    progress: &Progress,
    fine: Option<&str>,
) -> Result<u64, Box<dyn Error>> {
    let above = progress.clone();
    let report = move |line, reason: &dyn Error| above.say(&format!("line {line}: {reason}"));
    let imported = import(app, rows, report).await;
    progress.finish();
    let imported = imported?;
    let (events, figures) = match fine {
        Some(fine) => {
            let row = app.view::<FineRow>().after(imported.position).get(fine).await?;
            row.map(|row| (row.events, row.figures)).ok_or_else(|| format!("no fine {fine}"))?
        }
        None => {
            let all = app.view::<Totals>().after(imported.position).get(ALL).await?;
            all.map(|all| (all.events, all.figures)).unwrap_or_default()
        }
    };
    print(&mut io::stdout().lock(), events, &figures)?;
    Ok(imported.refused)
}

fn print(out: &mut impl Write, events: u64, figures: &Figures) -> io::Result<()> {
    writeln!(out, "fines {}", figures.fines)?;
    writeln!(out, "events {events}")?;
    writeln!(out, "due {}", euros(figures.due))?;
    writeln!(out, "paid {}", euros(figures.paid))?;
    writeln!(out, "outstanding {}", euros(figures.outstanding))?;
    writeln!(out, "fully_paid {}", figures.fully_paid)?;
    writeln!(out, "in_collection {}", figures.in_collection)?;
    writeln!(out, "appealed {}", figures.appealed)
}
