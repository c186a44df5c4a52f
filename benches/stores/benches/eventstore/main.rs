//! The EventStoreDB store beside the official client: `cargo bench -p factum-store-benches --bench
//! eventstore [-- PART…]`, where the parts are `append` and `read`, both by default. The server is the
//! one for tests, in memory, in a process of its own: what is compared is the clients.

mod append;
mod bare;
mod read;
mod server;

use std::sync::Arc;

use factum_benches::Result;
use factum_core::store::Durability;
use factum_eventstore::EventStoreDb;

use server::Served;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if words.iter().any(|word| word == server::CHILD) {
        return runtime.block_on(server::child());
    }
    let named = |part: &str| words.iter().any(|word| word == part);
    let all = !["append", "read"].into_iter().any(named);
    runtime.block_on(async {
        if all || named("append") {
            append::run().await?;
        }
        if all || named("read") {
            read::run().await?;
        }
        Ok(())
    })
}

/// A server without events, and a store in it.
async fn served() -> Result<(Served, Arc<EventStoreDb>)> {
    let server = Served::start()?;
    let options = EventStoreDb::options().durability(Durability::Volatile);
    let store = options.connect(server.url()).await?;
    Ok((server, Arc::new(store)))
}
