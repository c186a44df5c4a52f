//! Which node to ask next, and when, for what is to go on for ever.

use std::iter::Cycle;
use std::vec::IntoIter;

use eventstore::{Endpoint as Node, Error};
use factum_core::store::StoreError;
use tonic::client::Grpc;
use tonic::transport::Channel;

use super::Link;
use super::address::Address;
use super::backoff::Backoff;
use super::fault::Fault;

/// More than any server lets be appended.
pub(super) const LARGEST_REPLY: usize = 256 * 1024 * 1024;

/// The attempts to keep up one call.
pub(crate) struct Attempts {
    link: Link,
    nodes: Cycle<IntoIter<Node>>,
    leader: Option<Node>,
    backoff: Backoff,
}

/// Why a call that is to go on is over.
#[derive(Debug)]
pub(crate) enum End {
    /// Nobody listens any more.
    Gone,
    /// The server ended it in order.
    Clean,
    /// It failed.
    Fault(Fault),
}

impl Attempts {
    pub(crate) fn new(link: Link) -> Self {
        let nodes = link.address().settings.hosts().clone().into_iter().cycle();
        Self { link, nodes, leader: None, backoff: Backoff::default() }
    }

    /// Connects to the next node.
    pub(crate) async fn connect(&mut self) -> Result<Grpc<Channel>, Fault> {
        let node = self.leader.take().or_else(|| self.nodes.next());
        let node = node.ok_or_else(|| Fault::NoClient("the address has no host".to_owned()))?;
        let channel = self.link.address().connect(&node).await?;
        let mut grpc = Grpc::new(channel).max_decoding_message_size(LARGEST_REPLY);
        grpc.ready().await.map_err(|error| Error::ServerError(error.to_string()))?;
        Ok(grpc)
    }

    /// Waits until it is time for another attempt, a short while if the last one got somewhere.
    ///
    /// # Errors
    ///
    /// What goes on failing. `None` if nobody listens any more.
    pub(crate) async fn pause(
        &mut self,
        end: End,
        got_somewhere: bool,
    ) -> Result<(), Option<StoreError>> {
        match end {
            End::Gone => return Err(None),
            End::Clean => {}
            End::Fault(Fault::Client(Error::NotLeaderException(leader))) => {
                self.leader = Some(leader);
            }
            End::Fault(fault) if fault.is_passing() => {}
            End::Fault(fault) => return Err(Some(fault.into_store(self.link.place()))),
        }
        if got_somewhere {
            self.backoff.reset();
        }
        self.backoff.wait(self.link.within()).await;
        Ok(())
    }
}

impl Link {
    /// Waits for the beginning of a call, but not longer than a call may take.
    pub(crate) async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let within = self.within();
        match tokio::time::timeout(within, call).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::Late(within, None)),
        }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.address
    }
}
