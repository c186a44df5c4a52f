//! The connection to the leader of the cluster, over which reads and appends go.

use std::panic::AssertUnwindSafe;

use eventstore::Endpoint as Node;
use futures_util::FutureExt;
use tokio::sync::Mutex;
use tonic::client::Grpc;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::Link;
use super::address::Address;
use super::attempts::LARGEST_REPLY;
use super::client::said;
use super::fault::Fault;

/// The connection to the leader: made when it is needed, and again after it was lost.
#[derive(Debug, Default)]
pub(super) struct Leader {
    current: Mutex<Current>,
}

#[derive(Debug, Default)]
struct Current {
    number: u64,
    channel: Option<Channel>,
    /// The node that another one said is the leader.
    node: Option<Node>,
    /// Which of the address's nodes to try first, counted around.
    first: usize,
}

impl Leader {
    /// A connection, and its number.
    async fn get(&self, address: &Address) -> Result<(u64, Channel), Fault> {
        let mut current = self.current.lock().await;
        if let Some(channel) = &current.channel {
            return Ok((current.number, channel.clone()));
        }
        // Each is crossed off before it is tried, as whoever waits for it may give up.
        if let Some(node) = current.node.take()
            && let Ok(channel) = address.connect(&node).await
        {
            current.node = Some(node);
            return Ok(current.keep(channel));
        }
        let nodes = address.settings.hosts();
        let mut failed = Fault::NoClient("the address has no host".to_owned());
        for _ in 0..nodes.len() {
            let at = current.first % nodes.len();
            let Some(node) = nodes.get(at) else { break };
            current.first = at + 1;
            match address.connect(node).await {
                Ok(channel) => {
                    current.first = at;
                    return Ok(current.keep(channel));
                }
                Err(fault) => failed = fault,
            }
        }
        Err(failed)
    }
}

impl Current {
    fn keep(&mut self, channel: Channel) -> (u64, Channel) {
        self.number += 1;
        self.channel = Some(channel.clone());
        (self.number, channel)
    }

    fn change(&mut self, node: Option<Node>) {
        self.channel = None;
        self.node = node;
        self.first += 1;
    }
}

impl Link {
    /// The connection to the leader, and its number.
    pub(crate) async fn leader(&self) -> Result<(u64, Grpc<Channel>), Fault> {
        let (number, channel) = self.0.leader.get(&self.0.address).await?;
        Ok((number, Grpc::new(channel).max_decoding_message_size(LARGEST_REPLY)))
    }

    /// Connects anew at the next call, unless that has happened since.
    pub(crate) async fn forget_leader(&self, number: u64) {
        let mut current = self.0.leader.current.lock().await;
        if current.number == number {
            current.channel = None;
        }
    }

    /// The same, to the node that is said to lead, or where that is not known to another than before.
    pub(crate) async fn change_leader(&self, number: u64, node: Option<Node>) {
        let mut current = self.0.leader.current.lock().await;
        if current.number == number {
            current.change(node);
        }
    }

    /// Begins the next call with another node, as this one does not answer: its connections may be made
    /// all the same.
    pub(crate) fn leave_leader(&self) {
        // Who holds it connects to another already.
        if let Ok(mut current) = self.0.leader.current.try_lock() {
            current.change(None);
        }
    }

    /// A request that says who asks, and that only the leader may answer.
    pub(crate) fn to_leader<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        self.0.address.sign(request.metadata_mut());
        request.metadata_mut().insert("requires-leader", AsciiMetadataValue::from_static("true"));
        request
    }
}

/// What a call comes to. The library panics about trailers that are not as they should be.
pub(crate) async fn unpanicked<T>(
    call: impl Future<Output = Result<T, Status>>,
) -> Result<Result<T, Status>, Fault> {
    let called = AssertUnwindSafe(call).catch_unwind().await;
    called.map_err(|panic| Fault::Panicked(said(&*panic)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_leader_may_answer() {
        let link = Link::new("esdb://host?tls=false&nodePreference=follower").unwrap();
        assert_eq!(link.to_leader(()).metadata().get("requires-leader").unwrap(), "true");
    }
}
