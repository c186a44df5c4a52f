//! Files are uploaded; thumbnails, metadata and notifications follow, each at its own pace.
//!
//! ```text
//! cargo run --release --example uploads -- [--db FILE]
//! ```
//!
//! One event, three subscribers: one is slow and holds nobody up, one fails now and then and is tried
//! again, one parks what cannot be delivered until somebody has it tried again. Without a file it uses a
//! temporary one. Run again on the same file, or killed and run again, it goes on where it was.

#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod domain;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
mod handlers;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use factum::{App, AppBuilder, Position, Subscriber};

use domain::{File, FileRow, Upload};
use handlers::{Desk, Metadata, Notifications, Thumbnails};

const OWNERS: [&str; 3] = ["alice", "bob", "carol"];
/// How many files are uploaded at each run.
const FILES: usize = 6;

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("uploads: {error}");
            ExitCode::from(2)
        }
    }
}

/// What is stored.
pub(crate) fn uploads(app: AppBuilder) -> AppBuilder {
    app.aggregate::<File>().projection::<FileRow>()
}

fn start(app: AppBuilder, full: Arc<AtomicBool>) -> AppBuilder {
    let app = uploads(app);
    let desk = Desk { app: app.weak(), opened: Instant::now() };
    let metadata = Subscriber::new("metadata", Metadata(desk.clone(), Default::default()))
        .backoff(Duration::from_millis(100), Duration::from_secs(5));
    app.subscriber_with(Subscriber::new("thumbnails", Thumbnails(desk.clone())).concurrency(2))
        .subscriber_with(metadata)
        .subscriber("notifications", Notifications(desk, full))
}

async fn tell() -> Outcome {
    let scratch = tempfile::tempdir()?;
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let file = match words.as_slice() {
        [] => scratch.path().join("uploads.db"),
        [option, file] if option == "--db" => PathBuf::from(file),
        _ => return Err("usage: uploads [--db FILE]".into()),
    };
    let (out, full) = (&mut io::stdout(), Arc::new(AtomicBool::new(true)));
    let app = start(App::open(&file)?, full.clone()).start().await?;

    let known = app.view::<FileRow>().after(app.store().head().await?.position).count().await?;
    writeln!(out, "{} opens: {known} files are known. Upload {FILES} more.", file.display())?;
    let mut newest = Position::START;
    for number in known + 1..=known + FILES {
        let owner = OWNERS.get(number % OWNERS.len()).copied().unwrap_or_default().to_owned();
        let kilobytes = 100 + u32::try_from(number * 37 % 900)?;
        newest =
            app.send(Upload { file: format!("photo-{number}"), owner, kilobytes }).await?.position;
    }
    for name in ["metadata", "notifications", "thumbnails"] {
        app.subscription(name).wait(newest).await?;
        writeln!(out, "           {name} has delivered or parked all up to {newest}")?;
    }
    writeln!(out, "\nParked, with what waits behind it in its stream:")?;
    for event in app.subscription("notifications").parked().list(20).await? {
        let why = event.problem.as_deref().unwrap_or("waits behind an earlier one");
        writeln!(out, "  {} of {}: {why}", event.name, event.stream)?;
    }

    writeln!(out, "\nBob empties his mailbox, and what is parked is tried again by hand:")?;
    full.store(false, Ordering::SeqCst);
    let retried = app.subscription("notifications").parked().retry().await?;
    writeln!(out, "  {} delivered, {} left", retried.taken, retried.left)?;
    files(&app, out).await?;
    app.stop().await?;
    Ok(())
}

/// The read model, once it has all that the subscribers have recorded.
async fn files(app: &App, out: &mut impl Write) -> Outcome {
    let head = app.store().head().await?.position;
    let rows = app.view::<FileRow>().after(head).order_by(FileRow::OWNER.asc()).all().await?;
    writeln!(out, "\nThe files, and what was done about each:")?;
    for row in rows {
        let steps: Vec<&str> = row.steps.values().map(String::as_str).collect();
        writeln!(out, "  {:<10} of {:<6} {}", row.file, row.owner, steps.join(", "))?;
    }
    Ok(())
}
