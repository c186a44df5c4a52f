//! The server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server as Transport;
use uuid::Uuid;

use crate::connection::{Connection, refuse};
use crate::fault_layer::FaultLayer;
use crate::faults::Faults;
use crate::groups::Groups;
use crate::services::features::FeaturesService;
use crate::services::gossip::GossipService;
use crate::services::persistent::PersistentService;
use crate::services::streams::{Limits, StreamsService};
use crate::store::Store;
use crate::wire::gossip::gossip_server::GossipServer;
use crate::wire::persistent_subscriptions::persistent_subscriptions_server::PersistentSubscriptionsServer;
use crate::wire::server_features::server_features_server::ServerFeaturesServer;
use crate::wire::streams::streams_server::StreamsServer;

/// No frame may be larger.
const MAX_FRAME: usize = 32 * 1024 * 1024;

/// How a server is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port of the loopback to listen on; 0 for a free one.
    pub port: u16,
    /// The file that the log is kept in; without one it is in memory only.
    pub file: Option<PathBuf>,
    /// The version that the server says to be.
    pub version: String,
    /// The bytes that the events of one append may have together.
    pub max_append_size: usize,
    /// The bytes that one event may have.
    pub max_event_size: usize,
    /// How many ids the server knows again of writers that expect nothing.
    pub recent_ids: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            file: None,
            version: "24.10.0".to_owned(),
            max_append_size: 1024 * 1024,
            max_event_size: usize::MAX,
            recent_ids: 100_000,
        }
    }
}

/// A server that runs until this is dropped or stopped; then all its connections are cut.
///
/// ```
/// use eventstoredb_test_server::{Faults, Server, Settings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let faults = Faults::default();
/// let server = Server::start(Settings::default(), faults.clone()).await?;
/// assert!(server.url().starts_with("esdb://127.0.0.1:"));
/// faults.drop_replies(1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    connections: CancellationToken,
    tasks: [JoinHandle<()>; 3],
}

impl Server {
    /// Starts a server; when this returns, it listens.
    ///
    /// # Errors
    ///
    /// If the port is taken, or the file cannot be read.
    pub async fn start(settings: Settings, faults: Faults) -> io::Result<Self> {
        let store = Store::open(settings.recent_ids, settings.file.as_deref())?;
        let groups = Groups::open(store.clone()).map_err(io::Error::other)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
        let address = listener.local_addr()?;
        let (accepted, connections) = tokio::sync::mpsc::channel(16);
        let cut = CancellationToken::new();
        let accepting = tokio::spawn(accept(listener, faults.clone(), cut.clone(), accepted));
        let delivering = tokio::spawn(groups.clone().run());
        let persistent = PersistentService { store: store.clone(), groups, faults: faults.clone() };
        let limits = Limits { append: settings.max_append_size, event: settings.max_event_size };
        let streams = StreamsService { store, faults: faults.clone(), limits };
        let gossip = GossipService { address, instance: Uuid::new_v4() };
        let services = Transport::builder()
            .layer(FaultLayer(faults))
            .add_service(
                StreamsServer::new(streams)
                    .max_decoding_message_size(MAX_FRAME)
                    .max_encoding_message_size(MAX_FRAME),
            )
            .add_service(PersistentSubscriptionsServer::new(persistent))
            .add_service(ServerFeaturesServer::new(FeaturesService { version: settings.version }))
            .add_service(GossipServer::new(gossip));
        let serving = tokio::spawn(async move {
            // Ends when the listener does; errors of connections end these alone.
            let _ = services.serve_with_incoming(ReceiverStream::new(connections)).await;
        });
        Ok(Self { address, connections: cut, tasks: [accepting, serving, delivering] })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients connect to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("esdb://{}?tls=false", self.address)
    }

    /// Stops the server; when this returns, another can have its port and its file.
    pub async fn stop(mut self) {
        self.connections.cancel();
        for task in &mut self.tasks {
            task.abort();
            let _ = task.await;
        }
    }

    /// Waits until the server ends, which it does only when it cannot accept connections any more.
    pub async fn wait(&mut self) {
        let [accepting, ..] = &mut self.tasks;
        let _ = accepting.await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.connections.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    faults: Faults,
    cut: CancellationToken,
    accepted: tokio::sync::mpsc::Sender<io::Result<Connection>>,
) {
    loop {
        // A client that was gone before it was accepted is no reason to stop.
        let Ok((stream, peer)) = listener.accept().await else { continue };
        if faults.take_refused_connect() {
            refuse(stream);
            continue;
        }
        if let Ok(connection) = Connection::accepted(stream, peer, &cut)
            && accepted.send(Ok(connection)).await.is_err()
        {
            return;
        }
    }
}
