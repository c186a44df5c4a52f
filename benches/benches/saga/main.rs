//! How fast sagas lead their instances, and what a great many of them cost. With the names of parts as
//! arguments, only these are measured: `transfers`, `timers`, `start`.

mod bank;
mod ends;
mod fill;
mod reminders;
mod start;
mod timers;
mod transfers;

use factum_benches::Result;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(child) = arguments.iter().position(|argument| argument == timers::CHILD) {
        let rest = arguments.get(child + 1..).unwrap_or_default();
        return runtime.block_on(timers::child(rest));
    }
    let parts = ["transfers", "timers", "start"];
    let named = arguments.iter().any(|argument| parts.contains(&&**argument));
    let wanted = |part: &str| !named || arguments.iter().any(|argument| argument == part);
    runtime.block_on(async {
        if wanted("transfers") {
            transfers::run().await?;
        }
        if wanted("timers") {
            timers::run().await?;
        }
        if wanted("start") {
            start::run().await?;
        }
        Ok(())
    })
}
