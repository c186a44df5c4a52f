//! How fast projections take in what is in the log and what comes, many of them at once, and what a
//! stalled one costs. With the names of parts as arguments, only these are measured: `catchup`,
//! `fanout`, `live`, `stalled`.

mod catch_up;
mod fan_out;
mod kinds;
mod live;
mod stalled;

use std::time::Duration;

use factum_benches::Result;

/// How long a view may take.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(child) = arguments.iter().position(|argument| argument == stalled::CHILD) {
        return stalled::child(arguments.get(child + 1..).unwrap_or_default());
    }
    let parts = ["catchup", "fanout", "live", "stalled"];
    let named = arguments.iter().any(|argument| parts.contains(&&**argument));
    let wanted = |part: &str| !named || arguments.iter().any(|argument| argument == part);
    runtime.block_on(async {
        if wanted("catchup") {
            catch_up::run().await?;
        }
        if wanted("fanout") {
            fan_out::run().await?;
        }
        if wanted("live") {
            live::run().await?;
        }
        Ok::<_, factum_benches::Error>(())
    })?;
    if wanted("stalled") {
        stalled::run(&runtime)?;
    }
    Ok(())
}
