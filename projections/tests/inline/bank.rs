//! Accounts that take commands, and a row for each of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use factum_core::codec::{self, Form};
use factum_core::pipeline::{Dispatcher, Settings};
use factum_core::projection::Sources;
use factum_core::store::{Direction, EventStore, Query, Range};
use factum_core::view::{ColumnSpec, Indexable, Value, ValueKind};
use factum_core::{
    Aggregate, BadId, Command, Commands, Context, Decision, Id, Origin, Project, Projection,
    SentTo, emit,
};
use factum_projections::{Hub, Placement, Runner, View};
use serde::{Deserialize, Serialize};

use crate::common::{Bank, LONG};

#[derive(Debug, Default)]
pub struct Account;

#[derive(Debug, thiserror::Error)]
#[error("an account rejects nothing")]
pub struct Never;

impl Aggregate for Account {
    const NAME: &'static str = "account";
    type Event = Bank;
    type Error = Never;
    fn empty() -> Self {
        Self
    }
    fn fold(&mut self, _: &Bank) {}
    fn commands(list: &mut Commands<Self>) {
        list.add::<Do>();
    }
}

/// What is to happen to an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Do {
    pub account: String,
    pub what: Vec<What>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum What {
    Deposit(u64),
    Rob,
    Close,
}

impl Command for Do {
    const NAME: &'static str = "account.do";
    const SHAPE: u32 = 1;
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.account)
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

impl SentTo<Account> for Do {
    fn decide(&self, _: &Account, _: &Context) -> Decision<Account> {
        let event = |what: &What| match what {
            What::Deposit(cents) => Bank::Deposited { cents: *cents },
            What::Rob => Bank::Robbed,
            What::Close => Bank::Closed,
        };
        emit(self.what.iter().map(event).collect::<Vec<_>>())
    }
}

/// Tells each event that it has seen, by revision and position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub account: String,
    pub cents: u64,
    pub seen: Vec<(u64, u64)>,
    pub closed: bool,
}

impl Projection for Tally {
    const NAME: &'static str = "tallies";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[ColumnSpec { name: "cents", kind: ValueKind::Uint }];
    fn key(&self) -> Cow<'_, str> {
        self.account.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        key.clone_into(&mut self.account);
        Ok(())
    }
    fn values(&self, out: &mut Vec<Value>) {
        out.push(self.cents.value());
    }
    fn is_gone(&self) -> bool {
        self.closed
    }
    fn sources(list: &mut Sources<Self>) {
        list.from::<Bank>();
    }
}

impl Project<Bank> for Tally {
    fn project(&mut self, event: &Bank, at: &Origin) {
        self.seen.push((at.revision, at.position.number()));
        match event {
            Bank::Deposited { cents } => self.cents += cents,
            Bank::Closed => self.closed = true,
            Bank::Robbed => panic!("the bank was robbed"),
            Bank::Opened { .. } | Bank::Moved { .. } => {}
        }
    }
}

/// The rows, computed from the log without any of the machinery.
pub async fn from_scratch(log: &dyn EventStore) -> Vec<Tally> {
    let query = Query::context("account");
    let mut rows: BTreeMap<String, Tally> = BTreeMap::new();
    let mut range = Range::ALL;
    loop {
        let page = log.read(query.clone(), range, Direction::Forward, 4_096).await.unwrap();
        for recorded in page.events {
            let event = codec::decode::<Bank>(&recorded).unwrap();
            let key = recorded.at.id().to_owned();
            let row = rows.entry(key.clone()).or_default();
            row.account.clone_from(&key);
            row.project(&event, &recorded.at);
            if row.closed {
                rows.remove(&key);
            }
        }
        if !page.more {
            return rows.into_values().collect();
        }
        range = Range::since(page.complete_to);
    }
}

/// An app with an inline view.
pub struct Life {
    pub runner: Runner,
    pub view: View<Tally>,
    pub accounts: Dispatcher<Account>,
    pub hub: Hub,
}

impl Life {
    /// One whose hub is yet to be started: what changes rows then is the commits alone.
    pub async fn unfollowed(log: Arc<dyn EventStore>) -> Self {
        let hub = Hub::new(log.clone());
        let (runner, view) =
            Runner::start::<Tally>(&hub, Placement::memory().inline()).await.unwrap();
        let views = runner.inline().into_iter().collect();
        let runtime = tokio::runtime::Handle::current();
        let accounts = Dispatcher::with_views(log, Settings::default(), runtime, views);
        Self { runner, view: view.within(LONG), accounts, hub }
    }

    pub async fn begin(log: Arc<dyn EventStore>) -> Self {
        let life = Self::unfollowed(log).await;
        life.hub.start();
        life
    }
}

pub fn deposits(account: &str, cents: &[u64]) -> Do {
    let what = cents.iter().map(|cents| What::Deposit(*cents)).collect();
    Do { account: account.to_owned(), what }
}

pub fn one(account: &str, what: What) -> Do {
    Do { account: account.to_owned(), what: vec![what] }
}
