//! Copies a log from one store to another: into a larger one, a test's, or a backup.
//!
//! ```text
//! cargo run --release --example copy -- FROM TO
//! ```
//!
//! Each is a file, or the URL of a store on a server. A file may be written to while it is copied from;
//! nobody else may write to TO. It can be killed at any moment and run again: it goes on, and compares
//! all that the two logs have. It prints what was compared: the same for the same events in any store.
//!
//! Exit status: 0 if TO has all of FROM, 2 if not.

#[path = "../place/mod.rs"]
mod place;
mod progress;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use factum::App;
use factum::store::EventStore;
use factum::stores::copy::Copied;
use factum::stores::{SqliteStore, copy};

use place::Place;
use progress::Bar;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let copied = match words.as_slice() {
        [from, to] if !from.starts_with('-') && !to.starts_with('-') => run(from, to).await,
        _ => Err("usage: copy FROM TO, each a file or a URL".into()),
    };
    match copied {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("copy: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    let (from, to) = (End::source(from).await?, End::target(to).await?);
    let bar = Bar::new();
    let copying = copy(from.store(), to.store()).compare_all();
    let copied = copying.progress(|progress| bar.show(progress)).await;
    bar.finish();
    to.close().await?;
    from.close().await?;
    print(&mut io::stdout().lock(), &copied?)?;
    Ok(())
}

fn print(out: &mut impl Write, copied: &Copied) -> io::Result<()> {
    writeln!(out, "events {}", copied.events)?;
    writeln!(out, "commits {}", copied.commits)?;
    writeln!(out, "streams {}", copied.streams)?;
    writeln!(out, "checksum {}", copied.checksum)
}

/// One end of a copy.
enum End {
    File(SqliteStore),
    Server(App),
}

impl End {
    /// A file is opened read-only: the app that writes to it may go on.
    async fn source(word: &str) -> Result<Self, Box<dyn Error>> {
        match place(word) {
            Place::File(file) => Ok(Self::File(SqliteStore::options().read_only().open(file)?)),
            url => Ok(Self::Server(url.open().await?.start().await?)),
        }
    }

    async fn target(word: &str) -> Result<Self, Box<dyn Error>> {
        match place(word) {
            Place::File(file) => Ok(Self::File(SqliteStore::open(file)?)),
            url => Ok(Self::Server(url.open().await?.start().await?)),
        }
    }

    fn store(&self) -> &dyn EventStore {
        match self {
            Self::File(store) => store,
            Self::Server(app) => app.store().as_ref(),
        }
    }

    async fn close(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::File(store) => store.close().await,
            Self::Server(app) => app.stop().await?,
        }
        Ok(())
    }
}

fn place(word: &str) -> Place {
    if word.contains("://") { Place::Url(word.to_owned()) } else { Place::File(word.into()) }
}
