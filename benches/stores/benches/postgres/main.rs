//! How fast the PostgreSQL store is, on a server of its own. With names of parts as arguments (`append`,
//! `processes`, `read`, `guard`, `inline`), only these are measured.

mod append;
mod guard;
mod hand_written;
mod inline;
mod processes;
mod read;

use factum_benches::Result;
use factum_core::store::Durability;
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};

/// What a server of this machine's size would have, and nothing flushed later than it is acknowledged.
const SETTINGS: [&str; 3] = ["shared_buffers=256MB", "max_wal_size=4GB", "fsync=on"];

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == processes::CHILD) {
        return runtime.block_on(processes::child(&arguments));
    }
    let Some(server) = required(Postgres::start_with(&SETTINGS)) else { return Ok(()) };
    let parts = ["append", "processes", "read", "guard", "inline"];
    let all = !parts.iter().any(|part| arguments.iter().any(|given| given == part));
    let is_wanted = |part: &str| all || arguments.iter().any(|given| given == part);
    runtime.block_on(async {
        if is_wanted("append") {
            append::run(&server.url()).await?;
        }
        if is_wanted("processes") {
            processes::run(&server.url()).await?;
        }
        if is_wanted("read") {
            read::run(&server.url()).await?;
        }
        if is_wanted("guard") {
            guard::run(&server.url(), &arguments).await?;
        }
        if is_wanted("inline") {
            inline::run(&server.url()).await?;
        }
        Ok(())
    })
}

/// A log of its own, synced at each group.
async fn open(url: &str, log: &str) -> Result<PostgresStore> {
    let options = PostgresStore::options().durability(Durability::Synced).log(log).migrate();
    Ok(options.connect(url).await?)
}
