//! The connection to the server: reads, and following what is appended.
//!
//! *Problem.* The official client gives up for ever when it cannot connect at first, makes each read
//! wait 40 ms for Nagle's algorithm, panics at replies that lack something, merges errors that pass with
//! errors that last, and its subscriptions spin for ever when the server ends them in order.
//! *Invariant.* None of that reaches whoever calls: a call ends within its time limit, with an answer or
//! a [`StoreError`], and the next call works as soon as the server does. *Shape.* [`leader`] has the
//! connection for reads and appends, [`follow`] follows, [`client`] holds a client for the rest and
//! replaces it, [`Fault`] says what errors mean.

pub(crate) mod address;
pub(crate) mod attempts;
mod backoff;
mod channel;
mod client;
mod fault;
mod follow;
mod leader;
mod raw;
mod read;
pub(crate) mod wire;

use std::sync::Arc;
use std::time::Duration;

use eventstore::Client;
use factum_core::store::StoreError;
use tokio::sync::mpsc;
use tokio::time::Instant;

use address::Address;
use backoff::Backoff;
use client::Clients;
pub(crate) use fault::{BACKEND, Fault};
use follow::Following;
pub(crate) use follow::Pushed;
use leader::Leader;
pub(crate) use leader::unpanicked;
pub(crate) use raw::Raw;

/// How many deliveries may wait for whoever follows.
const UNREAD: usize = 16;

/// The connection to a server or cluster. It is made when it is needed, and made again when it is lost.
/// Clones are the same.
#[derive(Clone)]
pub(crate) struct Link(Arc<Inner>);

struct Inner {
    address: Address,
    clients: Clients,
    leader: Leader,
}

/// Where a read begins, and which way it goes. A forward read includes the event there, and so does a
/// backward read of a stream; a backward read of `$all` begins before it, as the server has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadFrom {
    /// At the first event, forward.
    Start,
    /// At the last event, backward.
    End,
    /// At this revision or position, forward.
    Forward(u64),
    /// At this revision or position, backward.
    Backward(u64),
}

impl std::fmt::Debug for Link {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Link").field(&self.place()).finish()
    }
}

impl Link {
    /// What is wrong with a node that does not find what is there.
    pub(crate) const NO_LEADER: &str = "it knows of no leader of the cluster";

    /// A connection to `address`, which is made only when it is needed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] if the address is not one; the error does not show its password.
    pub(crate) fn new(address: &str) -> Result<Self, StoreError> {
        let address = Address::parse(address)?;
        Ok(Self(Arc::new(Inner {
            address,
            clients: Clients::default(),
            leader: Leader::default(),
        })))
    }

    /// How messages call the server.
    pub(crate) fn place(&self) -> &str {
        &self.0.address.place
    }

    /// How long a call may take.
    pub(crate) fn within(&self) -> Duration {
        self.0.address.within
    }

    /// Follows what is appended after a commit position, or all that there is, in a task that ends with
    /// the receiver. It gets over interruptions by itself: what it yields as an error is final. Events
    /// of the system's streams, whose names begin with `$`, are left out.
    ///
    /// It is to be called within a runtime, as it begins the task.
    pub(crate) fn follow(&self, after: Option<u64>) -> mpsc::Receiver<Result<Pushed, StoreError>> {
        let (push, pushed) = mpsc::channel(UNREAD);
        tokio::spawn(Following::new(self.clone(), after, push).run());
        pushed
    }

    /// Options of the client with the address's user.
    pub(crate) fn authenticated<O>(
        &self,
        options: O,
        with: fn(O, eventstore::Credentials) -> O,
    ) -> O {
        match &self.0.address.user {
            Some(user) => with(options, user.credentials()),
            None => options,
        }
    }

    /// Calls until the answer is final or the time limit is over. Only for what may be done twice.
    pub(crate) async fn repeat<T, C>(
        &self,
        call: impl Fn(Client, Duration) -> C,
    ) -> Result<T, Fault>
    where
        C: Future<Output = eventstore::Result<T>> + Send,
    {
        let Inner { address, clients, .. } = &*self.0;
        let call = &call;
        let once = |left| clients.with(&address.settings, move |client| call(client, left));
        self.again(self.within(), once).await
    }

    /// Tries until the answer is final or the time limit is over, each time only so long. Only for what
    /// may be done twice.
    async fn again<T, C>(&self, each: Duration, once: impl Fn(Duration) -> C) -> Result<T, Fault>
    where
        C: Future<Output = Result<T, Fault>>,
    {
        let limit = self.within();
        let end = Instant::now().checked_add(limit);
        let mut backoff = Backoff::default();
        let mut last = None;
        loop {
            let left = end.map_or(limit, |end| end.saturating_duration_since(Instant::now()));
            match tokio::time::timeout(left.min(each), once(left)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(fault)) if !fault.is_passing() => return Err(fault),
                Ok(Err(fault)) => last = Some(Box::new(fault)),
                Err(_) => self.leave_leader(),
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return Err(Fault::Late(limit, last));
            }
            backoff.wait(left).await;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
