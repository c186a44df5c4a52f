//! The official client, made when it is needed and made anew when it is of no use any more.
//!
//! *Problem.* A client whose connection fails once, the first most of all, fails for ever. *Invariant.*
//! A call that fails so has the next call begin with another client. *Shape.* One place for one client,
//! with a number, so that of many calls that fail together only one replaces it.

use std::panic::AssertUnwindSafe;

use eventstore::{Client, ClientSettings};
use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinError;

use super::fault::Fault;

/// The place of the client.
#[derive(Debug, Default)]
pub(super) struct Clients {
    current: Mutex<Current>,
}

#[derive(Debug, Default)]
struct Current {
    number: u64,
    client: Option<Held>,
}

#[derive(Clone)]
struct Held(Client);

impl std::fmt::Debug for Held {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Client")
    }
}

impl Clients {
    /// Lets `call` have the client. What the client panics about becomes a [`Fault`].
    pub(super) async fn with<T, C>(
        &self,
        settings: &ClientSettings,
        call: impl FnOnce(Client) -> C,
    ) -> Result<T, Fault>
    where
        C: Future<Output = eventstore::Result<T>> + Send,
    {
        let (number, client) = self.get(settings).await?;
        let called = AssertUnwindSafe(call(client)).catch_unwind().await;
        let result = match called {
            Ok(result) => result.map_err(Fault::Client),
            Err(panic) => Err(Fault::Panicked(said(&*panic))),
        };
        if result.as_ref().is_err_and(Fault::ends_client) {
            self.forget(number).await;
        }
        result
    }

    async fn get(&self, settings: &ClientSettings) -> Result<(u64, Client), Fault> {
        let mut current = self.current.lock().await;
        if let Some(Held(client)) = &current.client {
            return Ok((current.number, client.clone()));
        }
        let client = make(settings.clone()).await?;
        current.number += 1;
        current.client = Some(Held(client.clone()));
        Ok((current.number, client))
    }

    async fn forget(&self, number: u64) {
        let mut current = self.current.lock().await;
        if current.number == number {
            current.client = None;
        }
    }
}

/// Makes a client, which reads the certificates that the system trusts: a matter for another thread.
async fn make(settings: ClientSettings) -> Result<Client, Fault> {
    let runtime = Handle::current();
    let made = tokio::task::spawn_blocking(move || Client::with_runtime_handle(runtime, settings));
    match made.await {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(why)) => Err(Fault::NoClient(why.to_string())),
        Err(error) => Err(of_join(error)),
    }
}

/// What a task of the client ended with, if not by itself.
pub(crate) fn of_join(error: JoinError) -> Fault {
    match error.try_into_panic() {
        Ok(panic) => Fault::Panicked(said(&*panic)),
        Err(_) => Fault::Panicked("its task was stopped".to_owned()),
    }
}

pub(super) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("it panicked").to_owned()
}
