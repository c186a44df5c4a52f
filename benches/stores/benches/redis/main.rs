//! The Redis store beside its server: `cargo bench -p factum-store-benches --bench redis [-- PART…]`,
//! where the parts are `append`, `read` and `guard`, all by default, and a number is a size of the log
//! for the guards.

mod append;
mod bare;
mod guard;
mod read;

use std::sync::Arc;

use factum_benches::Result;
use factum_core::store::Durability;
use factum_stores::RedisStore;
use factum_test_servers::{Redis, RedisSettings};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let named = |part: &str| words.iter().any(|word| word == part);
    let all = !["append", "read", "guard"].into_iter().any(named);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        if all || named("append") {
            append::run("always").await?;
            append::run("everysec").await?;
        }
        if all || named("read") {
            read::run().await?;
        }
        if all || named("guard") {
            guard::run(&sizes).await?;
        }
        Ok(())
    })
}

/// A server that syncs like this, and a store in it.
async fn served(sync: &str) -> Result<(Redis, Arc<RedisStore>)> {
    let server = Redis::with(RedisSettings::new().set("appendfsync", sync))
        .map_err(|missing| format!("{} is not installed", missing.0))?;
    let options = RedisStore::options().durability(Durability::Process);
    let store = options.connect(server.url()).await?;
    Ok((server, Arc::new(store)))
}
