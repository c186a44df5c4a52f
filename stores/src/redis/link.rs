use std::sync::Arc;
use std::time::{Duration, Instant};

use factum_core::store::{Durability, StoreError};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, RedisError, Value};
use tokio::sync::Mutex;

use super::fault::{Fault, unavailable};
use super::options::RedisOptions;
use super::request::Request;
use super::scripts::Loaded;
use super::sentinels::Sentinels;
use super::setup;

/// How long to wait after the first attempt to connect that failed, and the most after many.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// A way to the server that is mended when it breaks.
///
/// *Invariant.* A request is sent at most once, unless the server said that it did nothing; whether one
/// that failed may have been carried out is told apart: [`Fault::Lost`]. *Shape.* One connection that
/// many requests share, made when it is needed. Who comes while one attempt to connect is under way
/// shares its result, so that a server that is away costs a request no more than one attempt.
pub(super) struct Link {
    client: Client,
    /// Who knows where the server is, if the client does not.
    sentinels: Option<Arc<Sentinels>>,
    place: String,
    connect_within: Duration,
    answer_within: Duration,
    /// What a server must give that is appended to, and what it is taken to give unread.
    durability: Option<(Durability, Option<Durability>)>,
    /// Whether a replica will do.
    read_only: bool,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    /// Another node of the cluster, which has the log; in doubt the address that was given knows.
    node: Option<Client>,
    session: Option<Session>,
    made: u64,
    /// What commits were acknowledged with.
    promised: Option<Durability>,
    failed: Option<(Instant, StoreError)>,
    pause: Duration,
}

#[derive(Clone)]
struct Session {
    number: u64,
    connection: MultiplexedConnection,
    scripts: Loaded,
}

impl Link {
    pub(super) fn new(
        client: Client,
        sentinels: Option<Arc<Sentinels>>,
        place: &str,
        options: &RedisOptions,
    ) -> Self {
        let (connect_within, answer_within) = (options.connect_within, options.answer_within);
        let place = place.to_owned();
        let (durability, slot, read_only) = (None, Mutex::default(), options.read_only);
        Self {
            client,
            sentinels,
            place,
            connect_within,
            answer_within,
            durability,
            read_only,
            slot,
        }
    }

    /// The same, for appending: each connection makes sure that its server loses no more than it may.
    pub(super) fn durable(self, options: &RedisOptions) -> Self {
        Self { durability: Some((options.durability, options.stated)), ..self }
    }

    /// What an acknowledged commit survives.
    pub(super) async fn durability(&self) -> Result<Durability, StoreError> {
        self.session().await?;
        Ok(self.slot.lock().await.promised.unwrap_or(Durability::Volatile))
    }

    /// Sends a pipeline whose first command may be a script, and gives what each command said.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Vec<Value>, Fault> {
        self.send_within(request, self.answer_within).await
    }

    /// The same, for a request that the server may answer that late.
    pub(super) async fn send_within(
        &self,
        request: &Request<'_>,
        limit: Duration,
    ) -> Result<Vec<Value>, Fault> {
        match self.send_once(request, limit).await {
            Err(Fault::NoScript | Fault::Moved(_)) => self.send_once(request, limit).await,
            answer => answer,
        }
    }

    /// Sends a request that has no effect, and so once more if its connection turns out to be broken.
    pub(super) async fn read(&self, request: &Request<'_>) -> Result<Vec<Value>, StoreError> {
        let begun = Instant::now();
        let answer = match self.send(request).await {
            Err(Fault::Lost(_)) if begun.elapsed() < self.answer_within => self.send(request).await,
            answer => answer,
        };
        answer.map_err(Fault::of_read)
    }

    async fn send_once(&self, request: &Request<'_>, limit: Duration) -> Result<Vec<Value>, Fault> {
        let mut session = self.session().await?;
        let pipeline = request.pipeline(&session.scripts);
        let answer = pipeline.query_async::<Vec<Value>>(&mut session.connection);
        let fault = match tokio::time::timeout(limit, answer).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if request.has_appended(&error) => Fault::unwaited(&error),
            Ok(Err(error)) => Fault::of(&error, &self.place),
            Err(_) => Fault::late(limit),
        };
        let fault = match fault {
            Fault::Store(error @ StoreError::ReadOnly { .. }) if self.sentinels.is_some() => {
                self.give_up(session.number, None).await;
                Fault::Store(self.outdated(error))
            }
            fault => fault,
        };
        match &fault {
            Fault::Lost(_) | Fault::NoScript => self.give_up(session.number, None).await,
            Fault::Moved(node) => self.give_up(session.number, self.node(node)).await,
            Fault::Store(_) => {}
        }
        Err(fault)
    }

    async fn session(&self) -> Result<Session, StoreError> {
        let came = Instant::now();
        let mut slot = self.slot.lock().await;
        if let Some(session) = &slot.session {
            return Ok(session.clone());
        }
        match &slot.failed {
            Some((when, error)) if *when > came => return Err(error.clone()),
            Some((when, _)) => tokio::time::sleep(slot.pause.saturating_sub(when.elapsed())).await,
            None => {}
        }
        match self.connect(slot.node.as_ref(), slot.promised).await {
            Ok((connection, scripts, promised)) => {
                let number = slot.made + 1;
                let session = Session { number, connection, scripts };
                let node = slot.node.take();
                let made = Some(session.clone());
                *slot = Slot { node, session: made, made: number, promised, ..Slot::default() };
                Ok(session)
            }
            Err(error) => {
                slot.node = None;
                slot.pause = (slot.pause * 2).clamp(PAUSES.0, PAUSES.1);
                slot.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(
        &self,
        node: Option<&Client>,
        promised: Option<Durability>,
    ) -> Result<(MultiplexedConnection, Loaded, Option<Durability>), StoreError> {
        let limit = self.connect_within;
        let connect = async {
            // The limits are ours, so that their errors can say which it was.
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None);
            let client = match node {
                Some(node) => node.clone(),
                None => self.client().await?,
            };
            let connected = client.get_multiplexed_async_connection_with_config(&config).await;
            let mut connection = connected.map_err(|error| self.unconnected(&error))?;
            if !self.read_only {
                let primary = setup::primary(&mut connection, &self.place).await;
                primary.map_err(|error| self.outdated(error))?;
            }
            let scripts = Loaded::load(&mut connection).await;
            let scripts = scripts.map_err(|error| self.unconnected(&error))?;
            let Some((wanted, stated)) = self.durability else {
                return Ok((connection, scripts, None));
            };
            let wanted = promised.map_or(wanted, |promised| promised.max(wanted));
            let has = setup::durability(&mut connection, &self.place, wanted, stated).await?;
            Ok((connection, scripts, Some(promised.unwrap_or(has))))
        };
        match tokio::time::timeout(limit, connect).await {
            Ok(connected) => connected,
            Err(_) => {
                let place = &self.place;
                Err(unavailable(format!(
                    "no connection to {place} within {limit:?}, the time limit `connect_within`"
                )))
            }
        }
    }

    /// The client for the server as it is now.
    async fn client(&self) -> Result<Client, StoreError> {
        let Some(sentinels) = &self.sentinels else { return Ok(self.client.clone()) };
        let primary = sentinels.primary(self.connect_within).await?;
        self.node(&primary)
            .ok_or_else(|| unavailable(format!("the sentinels give {primary:?} as an address")))
    }

    /// What is said of a server that is no primary: the sentinels will name another.
    fn outdated(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Open { .. } | StoreError::ReadOnly { .. } if self.sentinels.is_some() => {
                unavailable("the server is a primary no more, and there is no other yet".to_owned())
            }
            error => error,
        }
    }

    fn unconnected(&self, error: &RedisError) -> StoreError {
        match Fault::of(error, &self.place) {
            Fault::Store(error) => error,
            _ => unavailable(format!("cannot connect to {}: {error}", self.place)),
        }
    }

    async fn give_up(&self, number: u64, node: Option<Client>) {
        let mut slot = self.slot.lock().await;
        if slot.session.as_ref().is_some_and(|session| session.number == number) {
            slot.session = None;
            slot.node = node.or(slot.node.take());
        }
    }

    /// A node of the cluster, let in as the address that was given is. Without a host it is on the
    /// same.
    fn node(&self, node: &str) -> Option<Client> {
        let info = self.client.get_connection_info();
        let (name, number) = node.rsplit_once(':')?;
        let mut address = info.addr().clone();
        match &mut address {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                *port = number.parse().ok()?;
                if !name.is_empty() {
                    name.clone_into(host);
                }
            }
            _ => return None,
        }
        Client::open(info.clone().set_addr(address)).ok()
    }

    /// Lets go of the connection; what is under way on it is answered, and the next request makes
    /// another.
    pub(super) async fn close(&self) {
        self.slot.lock().await.session = None;
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("place", &self.place).finish_non_exhaustive()
    }
}
