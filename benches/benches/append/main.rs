//! How fast events become durable in the embedded store.

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
    runtime.block_on(async {
        ratios::run().await?;
        view::run().await?;
        streams::run()
    })
}
