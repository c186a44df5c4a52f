//! How fast events become durable in the embedded store. With numbers of senders as arguments, only
//! the ratios for these are measured.

mod domain;
mod ratios;
mod streams;
mod targets;
mod view;

use factum_benches::Result;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if std::env::args().any(|argument| argument == streams::CHILD) {
        return runtime.block_on(streams::child());
    }
    let senders: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    runtime.block_on(async {
        ratios::run(&senders).await?;
        if !senders.is_empty() {
            return Ok(());
        }
        view::run().await?;
        streams::run()
    })
}
