//! The whole way, from a command to a row of a view.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod names;
#[cfg(feature = "embedded")]
mod stopping;

use std::task::Poll;

use factum::prelude::*;
use factum::store::Position;
use factum::time::{Clock, Ids};
use factum::{Key, QueryError, SendError, StartError};

#[derive(Event, Clone, Debug, PartialEq)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
    #[event("account.deposited")]
    Deposited { cents: u64 },
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
    owner: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
struct Deposit {
    #[id]
    account: String,
    cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum AccountError {
    #[error("there is such an account already")]
    Exists,
    #[error("there is no such account")]
    Missing,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError, commands(Open, Deposit))]
struct Account {
    open: bool,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        self.open |= matches!(event, AccountEvent::Opened { .. });
    }
}

impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, _: &Context) -> Decision<Self> {
        require!(!self.open, AccountError::Exists);
        emit(AccountEvent::Opened { owner: cmd.owner.clone() })
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        require!(self.open, AccountError::Missing);
        emit(AccountEvent::Deposited { cents: cmd.cents })
    }
}

#[derive(Projection, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Balance {
    #[key]
    account: String,
    #[index]
    owner: String,
    #[index]
    cents: u64,
    changed: Timestamp,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, event: &AccountEvent, at: &Origin) {
        match event {
            AccountEvent::Opened { owner } => self.owner = owner.clone(),
            AccountEvent::Deposited { cents } => self.cents += cents,
        }
        self.changed = at.time();
    }
}

fn open(account: &str) -> Open {
    Open { account: account.into(), owner: account.to_uppercase() }
}

fn deposit(account: &str, cents: u64) -> Deposit {
    Deposit { account: account.into(), cents }
}

fn built(app: factum::AppBuilder) -> factum::AppBuilder {
    app.aggregate::<Account>().projection::<Balance>()
}

/// What every store must give an app.
async fn works(app: &App) -> Position {
    let rejected = app.send(deposit("alice", 1)).await.unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(AccountError::Missing)));
    for account in ["alice", "bob", "carol"] {
        app.send(open(account)).await.unwrap();
    }
    app.send(deposit("alice", u64::MAX - 1)).await.unwrap();
    app.send(deposit("carol", 7)).await.unwrap();
    let done = app.send(deposit("bob", 5)).await.unwrap();
    let view = app.view::<Balance>().after(done.position);
    assert_eq!(view.get("bob").await.unwrap().unwrap().cents, 5);
    assert_eq!(view.get("nobody").await.unwrap(), None);
    let richest = view.filter(Balance::CENTS.ge(6u64)).order_by(Balance::CENTS.desc());
    let owners: Vec<_> = richest.all().await.unwrap().into_iter().map(|row| row.owner).collect();
    assert_eq!(owners, ["ALICE", "CAROL"]);
    assert_eq!(view.count().await.unwrap(), 3);
    done.position
}

#[tokio::test]
async fn commands_become_rows_in_memory() {
    let app = built(App::memory()).start().await.unwrap();
    works(&app).await;
    app.stop().await.unwrap();
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn commands_become_rows_in_a_file_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    let app = built(App::open(&file).unwrap()).start().await.unwrap();
    let position = works(&app).await;
    app.stop().await.unwrap();
    drop(app);
    // What SQLite kept beside the file is merged into it.
    assert!(!folder.path().join("bank.db-wal").exists());

    let app = built(App::open(&file).unwrap()).start().await.unwrap();
    let rejected = app.send(open("alice")).await.unwrap_err();
    assert!(matches!(rejected, SendError::Rejected(AccountError::Exists)));
    // Nothing is projected twice.
    let done = app.send(deposit("bob", 1)).await.unwrap();
    assert!(done.position > position);
    let view = app.view::<Balance>().after(done.position);
    assert_eq!(view.get("bob").await.unwrap().unwrap().cents, 6);
}

/// When a command is answered its row is there, and nobody has to ask for its position.
async fn works_inline(app: factum::AppBuilder) {
    let app = app.aggregate::<Account>().projection_with::<Balance>(|usual| usual.inline());
    let app = app.start().await.unwrap();
    for round in 0..50 {
        let account = format!("account {}", round % 5);
        if round < 5 {
            app.send(open(&account)).await.unwrap();
        }
        app.send(deposit(&account, 1)).await.unwrap();
        let row = app.view::<Balance>().get(&account).await.unwrap().unwrap();
        assert_eq!(row.cents, 1 + round / 5);
    }
    let balances = app.view::<Balance>().filter(Balance::CENTS.eq(10u64));
    assert_eq!(balances.count().await.unwrap(), 5);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn inline_rows_are_there_with_the_answer_in_memory() {
    works_inline(App::memory()).await;
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn inline_rows_are_there_with_the_answer_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    works_inline(App::open(folder.path().join("bank.db")).unwrap()).await;
}

fn owner(event: &AccountEvent, _: &Origin) -> Option<String> {
    match event {
        AccountEvent::Opened { owner } => Some(owner.clone()),
        AccountEvent::Deposited { .. } => None,
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "owners", from(AccountEvent by owner))]
struct Owner {
    #[key]
    owner: String,
}

impl Project<AccountEvent> for Owner {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

#[tokio::test]
async fn what_cannot_be_inline_stops_the_start_by_name() {
    let app = App::memory().projection_with::<Owner>(|usual| usual.inline());
    let error = app.start().await.unwrap_err().to_string();
    assert!(error.contains("view owners version 1 cannot be inline"), "{error}");
    assert!(error.contains("must be the id of the event's stream"), "{error}");
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn a_failed_start_gives_the_file_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db");
    for _ in 0..3 {
        let error = names::clashing(built(App::open(&file).unwrap())).start().await;
        assert!(matches!(error.unwrap_err(), StartError::SameName { .. }));
    }
    let app = built(App::open(&file).unwrap()).start().await.unwrap();
    let error = App::open(&file).unwrap_err().to_string();
    assert!(error.contains("open for writing by this process"), "{error}");
    app.stop().await.unwrap();
    for (place, says) in [("", "it is a folder"), ("none/bank.db", "there is no folder")] {
        let error = App::open(folder.path().join(place)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(!folder.path().with_extension("lock").exists());
}

#[tokio::test]
async fn parts_that_are_missing_say_so() {
    let app = App::memory().start().await.unwrap();
    let error = app.send(open("alice")).await.unwrap_err().to_string();
    assert!(error.contains("the app has no aggregate account"), "{error}");
    let error = app.view::<Balance>().get("alice").await.unwrap_err().to_string();
    assert!(error.contains("view balances version 1 is not kept"), "{error}");
    let error = app.view::<Balance>().after(Position::START).all().await.unwrap_err();
    assert!(matches!(error, QueryError::Rows(_)), "{error}");
}

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_000_000)
    }
}

impl Ids for Fixed {
    fn next(&self) -> Key {
        Key::from_bytes([7; 16])
    }
}

#[tokio::test]
async fn time_and_ids_can_be_controlled() {
    let app = built(App::memory()).clock(Fixed).ids(Fixed).start().await.unwrap();
    let done = app.send(open("alice")).await.unwrap();
    assert_eq!(done.command, Key::from_bytes([7; 16]));
    let row = app.view::<Balance>().after(done.position).get("alice").await.unwrap().unwrap();
    assert_eq!(row.changed, Timestamp::from_micros(1_000_000));
}

#[cfg(feature = "embedded")]
#[test]
fn an_app_outside_of_a_runtime_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for app in [App::memory(), App::open(folder.path().join("bank.db")).unwrap()] {
        let mut start = std::pin::pin!(built(app).start());
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(started) = start.as_mut().poll(&mut nobody) else { panic!("it waits") };
        let error = started.unwrap_err();
        assert!(matches!(error, StartError::NoRuntime), "{error}");
    }
}
