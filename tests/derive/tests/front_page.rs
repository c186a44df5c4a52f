//! The code of the front page: it compiles against the prelude as written.
#![deny(warnings, clippy::pedantic)]

use std::borrow::Cow;

use factum::prelude::*;
use factum::snapshot::SnapshotPolicy;
use factum::view::Value;
use factum::{Commands, Key, SentTo};

#[derive(Event, Clone, Debug, PartialEq)]
pub enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
    #[event("account.deposited")]
    Deposited { cents: u64 },
    #[event("account.transfer_started")]
    TransferStarted { to: String, cents: u64 },
}
use AccountEvent::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
pub struct Open {
    #[id]
    pub account: String,
    pub owner: String,
}
#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
pub struct Deposit {
    #[id]
    pub account: String,
    pub cents: u64,
}
#[derive(Command, Serialize, Deserialize)]
#[command("account.transfer")]
pub struct Transfer {
    #[id]
    pub account: String,
    pub to: String,
    pub cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is open already")]
    Exists,
    #[error("only {available} cents are there")]
    Insufficient { available: u64 },
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError,
            commands(Open, Deposit, Transfer), snapshot(every = 200))]
pub struct Account {
    owner: Option<String>,
    cents: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened { owner } => self.owner = Some(owner.clone()),
            Deposited { cents } => self.cents += cents,
            TransferStarted { cents, .. } => self.cents -= cents,
        }
    }
}
impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, _: &Context) -> Decision<Self> {
        require!(self.owner.is_none(), AccountError::Exists);
        emit(Opened { owner: cmd.owner.clone() })
    }
}
impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        emit(Deposited { cents: cmd.cents })
    }
}
impl Handle<Transfer> for Account {
    fn handle(&self, cmd: &Transfer, _: &Context) -> Decision<Self> {
        require!(self.cents >= cmd.cents, AccountError::Insufficient { available: self.cents });
        emit(TransferStarted { to: cmd.to.clone(), cents: cmd.cents })
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
pub struct Balance {
    #[key]
    account: String,
    #[index]
    owner: String,
    #[index]
    cents: u64,
}
impl Project<AccountEvent> for Balance {
    fn project(&mut self, event: &AccountEvent, _: &Origin) {
        match event {
            Opened { owner } => self.owner.clone_from(owner),
            Deposited { cents } => self.cents += cents,
            TransferStarted { cents, .. } => self.cents -= cents,
        }
    }
}

fn context() -> Context {
    Context::new(Key::from_bytes([7; 16]), Timestamp::from_micros(0))
}

#[test]
fn a_listed_command_reaches_its_handler() {
    let mut account = Account::default();
    let open = Open { account: "alice".into(), owner: "Alice".into() };
    let events = open.decide(&account, &context()).unwrap().into_vec();
    assert_eq!(events, [Opened { owner: "Alice".into() }]);
    for event in &events {
        account.fold(event);
    }
    assert_eq!(open.decide(&account, &context()), Err(AccountError::Exists));

    assert_eq!((Open::NAME, &*open.id()), ("account.open", "alice"));
    assert_ne!(Open::SHAPE, Deposit::SHAPE);
    let names = ["account.open", "account.deposit", "account.transfer"];
    let listed: Vec<_> = Commands::<Account>::of().listed().iter().map(|c| c.name).collect();
    assert_eq!(listed, names);
    assert_eq!(<Account as Aggregate>::NAME, "account");
}

#[test]
fn the_snapshot_keeps_the_state() {
    let policy = Account::snapshot().unwrap();
    assert_eq!(policy.every, 200);
    let mut kept = Vec::new();
    let state = Account { owner: Some("Alice".into()), cents: 7 };
    policy.form.write(&state, &mut kept).unwrap();
    let account = policy.form.read(&kept).unwrap();
    assert_eq!((account.owner.as_deref(), account.cents), (Some("Alice"), 7));
    let other = SnapshotPolicy::<Account>::serde(200, policy.shape + 1);
    assert_ne!(policy.full_shape(), other.full_shape());
}

#[test]
fn the_row_has_its_key_and_columns() {
    let mut row = Balance::default();
    row.set_key("alice").unwrap();
    row.project(&Deposited { cents: 5 }, &origin());
    assert_eq!(row.key(), Cow::Borrowed("alice"));
    let columns: Vec<_> = Balance::COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(columns, ["owner", "cents"]);
    let mut values = Vec::new();
    row.values(&mut values);
    assert_eq!(values, [Value::Text(String::new()), Value::Uint(5)]);
    assert!(Balance::CENTS.ge(5).into_condition().holds(&values));
    assert!(!Balance::OWNER.eq("Bob").into_condition().holds(&values));
}

fn origin() -> Origin {
    Origin {
        log: factum::store::LogId::from_bytes([1; 16]),
        position: factum::Position::new(1),
        stream: factum::StreamName::of("account", "alice").unwrap(),
        revision: 0,
        key: Key::from_bytes([7; 16]),
        index: 0,
        stamp: factum::store::Stamp::default(),
        tags: factum::Tags::none(),
        meta: factum::store::Metadata::default(),
    }
}
