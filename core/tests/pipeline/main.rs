//! The command pipeline, on the memory store and on stores that stall, fail and are shared.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod account;
mod answers;
mod failures;
mod loading;
mod others;
mod repeats;
#[cfg(feature = "tracing")]
mod spans;
mod stopping;

use std::sync::Arc;

use factum_core::pipeline::{Dispatcher, Done, SendError, Settings};
use factum_core::store::EventStore;
use factum_stores::MemoryStore;
use factum_stores::gated::{Gate, Gated};
use tokio::runtime::Handle;

use account::{Account, Deposit, Insufficient};

type Answer = Result<Done<Account>, SendError<Insufficient>>;

fn dispatcher(store: Arc<dyn EventStore>) -> Dispatcher<Account> {
    Dispatcher::start(store, Settings::default(), Handle::current())
}

fn gated() -> (Dispatcher<Account>, Gate) {
    let (store, gate) = Gated::new(Arc::new(MemoryStore::new()));
    (dispatcher(Arc::new(store)), gate)
}

/// A dispatcher on a gated store whose account `a` has this much, in its cache.
async fn gated_with(cents: u64) -> (Dispatcher<Account>, Gate) {
    let (accounts, gate) = gated();
    accounts.send(Deposit::new("a", cents)).await.unwrap();
    (accounts, gate)
}

/// Sends on a task of its own, so that the command is under way when this returns.
async fn under_way(
    sending: factum_core::pipeline::Sending<Account>,
) -> tokio::task::JoinHandle<Answer> {
    let mut sending = Box::pin(sending);
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(sending.as_mut().poll(cx)));
    match polled.await {
        std::task::Poll::Ready(answer) => tokio::spawn(async { answer }),
        std::task::Poll::Pending => tokio::spawn(sending),
    }
}
