//! A small bank, written without derives, and the stores that tests run it on.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code, of which each test binary uses a part"
)]

pub mod counting;
pub mod deliveries;
pub mod flaky;
pub mod flaky_log;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use factum_core::codec::{self, DecodeError, EncodeError};
use factum_core::projection::Sources;
use factum_core::store::{
    Commit, EventStore, Expected, Metadata, NewEvent, Position, StoreError, StreamWrite,
};
use factum_core::view::{Column, ColumnSpec, Indexable, RowStore, Value, ValueKind, ViewError};
use factum_core::{
    BadId, Event, EventName, EventType, Id, Key, Origin, Project, Projection, StreamName, Tags,
};
use factum_projections::{Hub, Runner, View};
use factum_stores::{MemoryRowStore, MemoryStore};
use serde::{Deserialize, Serialize};

/// Far more than any wait of a test needs.
pub const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
pub enum Bank {
    Opened {
        owner: String,
    },
    Deposited {
        cents: u64,
    },
    /// Concerns two rows: see [`Balance::sources`].
    Moved {
        to: String,
        cents: u64,
    },
    /// `project` panics.
    Robbed,
    /// The row is gone.
    Closed,
}

impl Event for Bank {
    const TYPES: &'static [EventType] = &[
        EventType { name: "account.opened", version: 1 },
        EventType { name: "account.deposited", version: 1 },
        EventType { name: "account.moved", version: 1 },
        EventType { name: "account.robbed", version: 1 },
        EventType { name: "account.closed", version: 1 },
    ];
    fn event_type(&self) -> EventType {
        match self {
            Self::Opened { .. } => Self::TYPES[0],
            Self::Deposited { .. } => Self::TYPES[1],
            Self::Moved { .. } => Self::TYPES[2],
            Self::Robbed => Self::TYPES[3],
            Self::Closed => Self::TYPES[4],
        }
    }
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Opened { owner } => codec::write_json(owner, out),
            Self::Deposited { cents } => codec::write_json(cents, out),
            Self::Moved { to, cents } => codec::write_json(&(to, cents), out),
            Self::Robbed | Self::Closed => codec::write_json(&(), out),
        }
    }
    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        match (name, version) {
            ("account.opened", 1) => Ok(Self::Opened { owner: codec::read_json(payload)? }),
            ("account.deposited", 1) => Ok(Self::Deposited { cents: codec::read_json(payload)? }),
            ("account.moved", 1) => {
                let (to, cents) = codec::read_json(payload)?;
                Ok(Self::Moved { to, cents })
            }
            ("account.robbed", 1) => Ok(Self::Robbed),
            ("account.closed", 1) => Ok(Self::Closed),
            _ => Err(DecodeError::unknown::<Self>(name, version)),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    pub account: String,
    pub owner: Option<String>,
    pub cents: u64,
    pub seen: Vec<u64>,
    #[serde(skip)]
    pub closed: bool,
}

impl Balance {
    pub const OWNER: Column<Self, Option<String>> = Column::new(0);
    pub const CENTS: Column<Self, u64> = Column::new(1);
}

impl Projection for Balance {
    const NAME: &'static str = "balances";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[
        ColumnSpec { name: "owner", kind: ValueKind::Text },
        ColumnSpec { name: "cents", kind: ValueKind::Uint },
    ];
    fn key(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> codec::Form<Self> {
        codec::Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        // As a key field with a type of its own would.
        if key.starts_with('!') {
            return Err(BadId { text: key.to_owned(), wanted: "AccountId" });
        }
        // As one would that reads more forms than it writes.
        self.account = String::read(key.trim_end())?;
        Ok(())
    }
    fn values(&self, out: &mut Vec<Value>) {
        out.push(self.owner.value());
        out.push(self.cents.value());
    }
    fn is_gone(&self) -> bool {
        self.closed
    }
    fn sources(list: &mut Sources<Self>) {
        list.from_keyed::<Bank, _>(|event, at| match event {
            Bank::Moved { to, .. } => vec![at.id().to_owned(), to.clone()],
            _ => vec![at.id().to_owned()],
        });
    }
}

impl Project<Bank> for Balance {
    fn project(&mut self, event: &Bank, at: &Origin) {
        self.seen.push(at.position.number());
        match event {
            Bank::Opened { owner } => self.owner = Some(owner.clone()),
            Bank::Deposited { cents } => self.cents += cents,
            Bank::Moved { cents, .. } if at.id() == self.account => {
                self.cents = self.cents.saturating_sub(*cents);
            }
            Bank::Moved { cents, .. } => self.cents += cents,
            Bank::Closed => self.closed = true,
            Bank::Robbed => {
                self.cents = 0;
                panic!("the bank was robbed")
            }
        }
    }
}

/// Appends events to the stream of an account.
pub async fn append(log: &dyn EventStore, account: &str, events: &[Bank]) -> Position {
    let new = |event: &Bank| {
        let EventType { name, version } = event.event_type();
        let mut payload = Vec::new();
        event.encode(&mut payload).unwrap();
        let name = EventName::fixed(name);
        NewEvent { name, version, tags: Tags::none(), payload: payload.into() }
    };
    append_raw(log, "account", account, events.iter().map(new).collect()).await
}

/// Appends an event of another context.
pub async fn append_noise(log: &dyn EventStore) -> Position {
    append_raw(log, "noise", "n", vec![raw("noise.made", 1, "{}")]).await
}

pub fn raw(name: &'static str, version: u32, payload: &'static str) -> NewEvent {
    let name = EventName::fixed(name);
    NewEvent { name, version, tags: Tags::none(), payload: payload.into() }
}

pub async fn append_raw(
    log: &dyn EventStore,
    category: &str,
    id: &str,
    events: Vec<NewEvent>,
) -> Position {
    let stream = StreamName::of(category, id).unwrap();
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
    let commit = Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes,
        guard: None,
        views: Vec::new(),
    };
    log.append(vec![commit]).await.unwrap().remove(0).unwrap().mark.position
}

pub fn deposit(cents: u64) -> Bank {
    Bank::Deposited { cents }
}

pub fn opened(owner: &str) -> Bank {
    Bank::Opened { owner: owner.to_owned() }
}

/// Starts a projection on a hub of its own.
pub async fn start(
    log: Arc<dyn EventStore>,
    rows: Option<Arc<dyn RowStore>>,
) -> Result<(Runner, View<Balance>), ViewError> {
    let hub = Hub::new(log);
    let started = Runner::start(&hub, rows).await?;
    hub.start();
    Ok(started)
}

/// A log, and where rows are kept: in memory by the view itself, or in a row store.
pub struct World {
    pub log: Arc<MemoryStore>,
    pub rows: Option<Arc<dyn RowStore>>,
}

impl World {
    /// One of each kind: what holds must hold on all.
    pub fn each() -> [Self; 2] {
        let log = || Arc::new(MemoryStore::new());
        let rows: Arc<dyn RowStore> = Arc::new(MemoryRowStore::new());
        [Self { log: log(), rows: None }, Self { log: log(), rows: Some(rows) }]
    }

    pub async fn start(&self) -> (Runner, View<Balance>) {
        let (runner, view) = start(self.log.clone(), self.rows.clone()).await.unwrap();
        (runner, view.within(LONG))
    }
}

pub fn unavailable() -> StoreError {
    StoreError::Unavailable { backend: "test", reason: "it fell over".to_owned() }
}
