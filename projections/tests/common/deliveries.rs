//! A subscriber that does as it is told, and remembers what it did.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use factum_core::Origin;
use factum_core::store::{EventStore, Position};
use factum_core::view::RowStore;
use factum_projections::{
    Hub, ParkedEvent, Subscribe, Subscriber, SubscriberRunner, Subscription, Verdict,
};
use factum_stores::{MemoryRowStore, MemoryStore, SqliteStore};
use tokio::sync::{Notify, Semaphore};

use super::{Bank, LONG};

/// What becomes of a try.
#[derive(Clone, Debug)]
pub enum Act {
    Done,
    /// After so many turns of others.
    Late(u32),
    Fail,
    /// As one that no further try helps.
    Refuse,
    Panic,
    /// Done once there is a permit.
    Wait(Arc<Semaphore>),
    /// Refused once there is a permit.
    RefuseAfter(Arc<Semaphore>),
}

#[derive(Debug)]
pub struct Trouble(&'static str);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[derive(Default)]
pub struct Seen {
    /// Every try, by position and stream, in the order of their beginnings.
    pub begun: Vec<(u64, String)>,
    /// Those that were done, in the order of their ends.
    pub done: Vec<(u64, String)>,
    /// The streams in hand.
    pub in_hand: HashSet<String>,
    /// The most that were in hand at once.
    pub most: usize,
    /// How many subscribers are not dropped yet, by the runtime either.
    running: usize,
}

impl Seen {
    /// The positions of what was done, in order, of each stream.
    pub fn by_stream(&self) -> HashMap<&str, Vec<u64>> {
        let mut streams: HashMap<&str, Vec<u64>> = HashMap::new();
        for (position, stream) in &self.done {
            streams.entry(stream).or_default().push(*position);
        }
        streams
    }

    /// The positions of what was done, each once, in order.
    pub fn positions(&self) -> Vec<u64> {
        let mut positions: Vec<u64> = self.done.iter().map(|(position, _)| *position).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// How often an event was begun.
    pub fn tries(&self, position: u64) -> usize {
        self.begun.iter().filter(|(begun, _)| *begun == position).count()
    }
}

type Script = dyn Fn(&Origin, usize) -> Act + Send + Sync;

/// Clones share everything.
#[derive(Clone)]
pub struct Actor {
    seen: Arc<Mutex<Seen>>,
    script: Arc<Script>,
    /// Is told of every beginning and end.
    pub news: Arc<Notify>,
    running: Option<Arc<Running>>,
}

impl Actor {
    /// One that does what the function says for an event and its try, counted from 1.
    pub fn new(script: impl Fn(&Origin, usize) -> Act + Send + Sync + 'static) -> Self {
        let script = Arc::new(script);
        Self { seen: Arc::default(), script, news: Arc::default(), running: None }
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// How many tries were begun.
    pub fn begun(&self) -> usize {
        self.seen().begun.len()
    }

    /// How many were done.
    pub fn done(&self) -> usize {
        self.seen().done.len()
    }

    /// The most that were in hand at once.
    pub fn most(&self) -> usize {
        self.seen().most
    }

    /// Waits until this holds of what was seen.
    pub async fn until(&self, holds: impl Fn(&Seen) -> bool) {
        let wait = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if holds(&self.seen()) {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(LONG, wait).await.unwrap();
    }

    /// Waits until the runtime has dropped what was dropped, and nothing of it can begin any more.
    pub async fn gone(&self) {
        self.until(|seen| seen.running == 0).await;
    }

    /// Under this name, with short pauses.
    pub fn subscriber(&self, name: &'static str) -> Subscriber<Self> {
        let actor = Self { running: Some(Arc::new(Running::new(self))), ..self.clone() };
        Subscriber::new(name, actor).backoff(Duration::from_millis(1), Duration::from_millis(2))
    }
}

/// A subscriber that is not dropped yet.
struct Running {
    seen: Arc<Mutex<Seen>>,
    news: Arc<Notify>,
}

impl Running {
    fn new(actor: &Actor) -> Self {
        actor.seen().running += 1;
        Self { seen: actor.seen.clone(), news: actor.news.clone() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        self.news.notify_waiters();
    }
}

/// A stream that is in hand.
struct InHand<'a>(&'a Actor, String);

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.seen().in_hand.remove(&self.1);
        self.0.news.notify_waiters();
    }
}

impl Subscribe<Bank> for Actor {
    type Error = Trouble;

    async fn on(&self, _: &Bank, at: &Origin) -> Result<(), Trouble> {
        let (position, stream) = (at.position.number(), at.stream.to_string());
        let tries = {
            let mut seen = self.seen();
            assert!(seen.in_hand.insert(stream.clone()), "two of {stream} at once");
            seen.most = seen.most.max(seen.in_hand.len());
            seen.begun.push((position, stream.clone()));
            seen.tries(position)
        };
        let _in_hand = InHand(self, stream.clone());
        self.news.notify_waiters();
        match (self.script)(at, tries) {
            Act::Done => tokio::task::yield_now().await,
            Act::Late(turns) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
            Act::Fail => return Err(Trouble("it is away")),
            Act::Refuse => return Err(Trouble("no such address")),
            Act::Panic => panic!("the handler broke"),
            Act::Wait(gate) => gate.acquire().await.unwrap().forget(),
            Act::RefuseAfter(gate) => {
                gate.acquire().await.unwrap().forget();
                return Err(Trouble("no such address"));
            }
        }
        self.seen().done.push((position, stream));
        Ok(())
    }

    fn verdict(&self, error: &Trouble) -> Verdict {
        if error.0 == "it is away" { Verdict::Retry } else { Verdict::Park }
    }
}

/// Starts a subscriber on a hub of its own.
pub async fn follow(
    subscriber: Subscriber<Actor>,
    log: Arc<dyn EventStore>,
    rows: Option<Arc<dyn RowStore>>,
) -> (SubscriberRunner, Subscription) {
    let hub = Hub::new(log);
    let started = subscriber.start(&hub, rows).await.unwrap();
    hub.start();
    started
}

/// A log, and where a subscriber keeps how far it is.
pub struct Place {
    pub log: Arc<dyn EventStore>,
    pub rows: Option<Arc<dyn RowStore>>,
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    pub fn memory() -> Self {
        Self { log: Arc::new(MemoryStore::new()), rows: None, _folder: None }
    }

    pub fn stored() -> Self {
        let rows: Arc<dyn RowStore> = Arc::new(MemoryRowStore::new());
        Self { rows: Some(rows), ..Self::memory() }
    }

    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("log.db")).unwrap();
        let log: Arc<dyn EventStore> = Arc::new(store);
        let rows = log.rows();
        assert!(rows.is_some());
        Self { log, rows, _folder: Some(folder) }
    }

    /// One of each kind: what holds must hold on all.
    pub fn each() -> [Self; 3] {
        [Self::memory(), Self::stored(), Self::sqlite()]
    }

    /// Those that keep something.
    pub fn lasting() -> [Self; 2] {
        [Self::stored(), Self::sqlite()]
    }

    pub async fn follow(&self, subscriber: Subscriber<Actor>) -> (SubscriberRunner, Subscription) {
        follow(subscriber, self.log.clone(), self.rows.clone()).await
    }
}

/// Waits until all up to there is done or parked.
pub async fn reach(subscription: &Subscription, position: Position) {
    tokio::time::timeout(LONG, subscription.wait(position)).await.unwrap().unwrap();
}

pub async fn parked(subscription: &Subscription) -> Vec<ParkedEvent> {
    subscription.parked().list(10_000).await.unwrap()
}

/// Their positions.
pub async fn parked_at(subscription: &Subscription) -> Vec<u64> {
    parked(subscription).await.iter().map(|event| event.position.number()).collect()
}
