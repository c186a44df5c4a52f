//! How much memory a million streams take.

use std::process::Command;
use std::sync::Arc;

use factum::StreamName;
use factum::store::{Direction, EventStore, Query, Range};
use factum::stores::sqlite::SqliteStore;
use factum_benches::Result;
use factum_benches::events::{commit, payload};
use factum_benches::load::Slot;
use factum_benches::memory::{megabytes, peak, reset_peak, resident};
use factum_benches::report::{figure, line, row};

/// The argument that makes this program the child.
pub(crate) const CHILD: &str = "--a-million-streams";
const STREAMS: u32 = 1_000_000;
const RUN: u32 = 1000;

/// Measures in a process of its own, whose memory nothing else has used.
pub(crate) fn run() -> Result<()> {
    let status = Command::new(std::env::current_exe()?).arg(CHILD).status()?;
    if status.success() { Ok(()) } else { Err(format!("the child ended with {status}").into()) }
}

pub(crate) async fn child() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("store.db"))?;
    reset_peak()?;
    let before = resident()?;
    write(&store).await?;
    let (written, most_written) = (resident()?, peak()?);
    read(&store).await?;
    let (now, most) = (resident()?, peak()?);
    let above = |bytes: u64| format!("{:.1}", megabytes(bytes.saturating_sub(before)));
    line("");
    line("resident MB beyond an empty store, 1,000,000 streams of one event");
    row("", ["then", "at most"]);
    row("all written", [above(written), above(most_written)]);
    row("and read back", [above(now), above(most)]);
    figure("streams_1m_mb", megabytes(most.saturating_sub(before)), "MB");
    store.close().await;
    Ok(())
}

async fn write(store: &SqliteStore) -> Result<()> {
    let (payload, command): (_, Arc<str>) = (payload(), "ledger.note".into());
    for first in (0..STREAMS).step_by(RUN as usize) {
        let commits = (first..first + RUN).map(|number| {
            let slot =
                Slot { number, stream: StreamName::of("ledger", &number.to_string())?, next: 0 };
            Ok(commit(&slot, payload.clone(), command.clone()))
        });
        for outcome in store.append(commits.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    Ok(())
}

async fn read(store: &SqliteStore) -> Result<()> {
    let mut range = Range::ALL;
    loop {
        let page = store.read(Query::All, range, Direction::Forward, 1024).await?;
        if !page.more {
            return Ok(());
        }
        range = Range::after(page.complete_to.position);
    }
}
