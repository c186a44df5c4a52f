//! The Rust client's own tests of streams and of persistent subscriptions, from its package as they
//! are, in the place of its `integration.rs`, which starts containers.

mod common;

// The package's own `api/mod.rs` has tests of projections and operations too.
mod api {
    pub mod persistent_subscriptions;
    pub mod streams;
}

fn client() -> eyre::Result<kurrentdb::Client> {
    // They warn of what they leave out because the server cannot do it.
    let _ = tracing_subscriber::fmt().with_env_filter("suite=warn").with_ansi(false).try_init();
    let url = std::env::var("EVENTSTOREDB_URL")?;
    kurrentdb::Client::new(format!("{url}&defaultDeadline=60000").parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn streams() -> eyre::Result<()> {
    api::streams::tests(client()?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn persistent_subscriptions() -> eyre::Result<()> {
    api::persistent_subscriptions::tests(client()?).await
}
