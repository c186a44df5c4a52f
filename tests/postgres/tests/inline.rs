//! Rows that change in the commits of commands, by several apps on one log.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use factum::App;
use factum::core::store::Position;
use factum::prelude::*;
use factum::stores::PostgresStore;
use factum_test_servers::{Postgres, required};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(60);

#[derive(Event, Clone, Debug, PartialEq)]
enum AccountEvent {
    #[event("account.deposited")]
    Deposited { note: String },
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
struct Deposit {
    #[id]
    account: String,
    note: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum Never {}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(name = "account", event = AccountEvent, error = Never, commands(Deposit))]
struct Account {}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: &AccountEvent) {}
}

impl Handle<Deposit> for Account {
    fn handle(&self, command: &Deposit, _: &Context) -> Decision<Self> {
        emit(AccountEvent::Deposited { note: command.note.clone() })
    }
}

#[derive(Projection, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[projection(name = "tallies", from(AccountEvent))]
struct Tally {
    #[key]
    account: String,
    #[index]
    note: String,
    events: u64,
    /// Where the newest of them stands.
    last: u64,
}

impl Project<AccountEvent> for Tally {
    fn project(&mut self, event: &AccountEvent, at: &Origin) {
        let AccountEvent::Deposited { note } = event;
        self.note.clone_from(note);
        self.events += 1;
        self.last = at.position.number();
    }
}

async fn start(url: &str) -> App {
    let app = App::connect(url).await.unwrap();
    let app = app.aggregate::<Account>().projection_with::<Tally>(|usual| usual.inline());
    app.start().await.unwrap()
}

async fn server() -> Option<Postgres> {
    let server = required(Postgres::start_with(&[]))?;
    PostgresStore::migrate(&server.url()).await.unwrap();
    Some(server)
}

async fn client(server: &Postgres) -> Client {
    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn deposit(app: &App, account: &str, note: &str) -> Position {
    let deposit = Deposit { account: account.into(), note: note.into() };
    app.send(deposit).await.unwrap().position
}

/// How far the checkpoint of a building is.
async fn checkpoint(client: &Client, build: i64) -> Option<i64> {
    let sql = "select position from factum.view_slices where name = 'tallies' and build = $1";
    client.query_one(sql, &[&build]).await.unwrap().get(0)
}

/// Whoever looks at the tables right after the answer finds row and checkpoint.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_row_is_there_with_the_answer() {
    let Some(server) = server().await else { return };
    let (app, client) = (start(&server.url()).await, client(&server).await);
    for round in 1..=20_u64 {
        let position = deposit(&app, "alice", "paid").await.number();
        let sql = "select body from factum.view_1_tallies_v1 where key = 'alice'";
        let body: String = client.query_one(sql, &[]).await.unwrap().get(0);
        let row: Tally = serde_json::from_str(&body).unwrap();
        assert_eq!((row.events, row.last), (round, position));
        assert_eq!(checkpoint(&client, 0).await, Some(position.cast_signed()));
    }
    app.stop().await.unwrap();
}

/// A row that its table cannot take ends the projection, as with any other view, but fails no command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_fit_fails_no_command() {
    let Some(server) = server().await else { return };
    let app = start(&server.url()).await;
    // Nothing that can be compressed.
    let mut random = 1_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b' ' + u8::try_from((random >> 33) % 90).unwrap())
    };
    let long: String = (0..20_000).map(|_| next()).collect();
    deposit(&app, "alice", "short").await;
    let position = deposit(&app, "alice", &long).await;
    assert_eq!(position, Position::new(2), "it is stored");
    let sql = "select body::jsonb->>'events' from factum.view_1_tallies_v1 where key = 'alice'";
    let events: String = client(&server).await.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(events, "1");
    deposit(&app, "bob", "short").await;
    assert!(app.stop().await.is_err(), "the view does not take it in");
}

const WRITERS: u64 = 4;
const COMMANDS: u64 = 150;

/// The account that a command of a writer of an app is about: its own, or one that all share.
fn account(app: usize, writer: u64, round: u64) -> String {
    if round.is_multiple_of(2) {
        format!("shared {}", (round + writer) % 3)
    } else {
        format!("{app} {writer}")
    }
}

/// Sends commands one after another; after each its row must be there.
async fn send(app: App, number: usize, writer: u64) {
    let view = app.view::<Tally>();
    for round in 0..COMMANDS {
        let account = account(number, writer, round);
        let position = deposit(&app, &account, "paid").await.number();
        let row = view.get(&account).await.unwrap().unwrap();
        assert!(row.last >= position, "{position}: {row:?}");
    }
}

/// Two apps change the same rows with their commands while each of them has the view built anew: whoever
/// is answered sees the row as it is after that, no event is missing, and none is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_apps_change_one_view_while_it_is_built_anew() {
    let Some(server) = server().await else { return };
    let apps = [start(&server.url()).await, start(&server.url()).await];
    let mut expected: BTreeMap<String, u64> = BTreeMap::from([("last".to_owned(), 1)]);
    let mut work = JoinSet::new();
    for (number, app) in apps.iter().enumerate() {
        for writer in 0..WRITERS {
            work.spawn(send(app.clone(), number, writer));
            for round in 0..COMMANDS {
                *expected.entry(account(number, writer, round)).or_default() += 1;
            }
        }
    }
    for app in [&apps[0], &apps[1], &apps[0]] {
        app.view::<Tally>().rebuild().start().await.unwrap();
        app.view::<Tally>().rebuild().finished().await.unwrap();
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    let position = deposit(&apps[0], "last", "paid").await;
    for app in &apps {
        let rows = app.view::<Tally>().after(position).within(LONG).all().await.unwrap();
        let found: BTreeMap<String, u64> =
            rows.into_iter().map(|row| (row.account, row.events)).collect();
        assert_eq!(found, expected);
    }
    for app in apps {
        app.stop().await.unwrap();
    }
}
