//! An app on a server keeps its views there, where the server's store keeps rows.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum::prelude::*;
use factum_test_servers::{Redis, required};

#[derive(Event, Clone, Debug, PartialEq)]
enum AccountEvent {
    #[event("account.deposited")]
    Deposited { cents: u64 },
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
struct Deposit {
    #[id]
    account: String,
    cents: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = std::convert::Infallible, commands(Deposit))]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: &AccountEvent) {}
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        emit(AccountEvent::Deposited { cents: cmd.cents })
    }
}

#[derive(Projection, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Balance {
    #[key]
    account: String,
    #[index]
    cents: u64,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, AccountEvent::Deposited { cents }: &AccountEvent, _: &Origin) {
        self.cents += cents;
    }
}

/// The same view in code that takes events for ten times as much: it tells which were projected again.
#[derive(Projection, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Tenfold {
    #[key]
    account: String,
    #[index]
    cents: u64,
}

impl Project<AccountEvent> for Tenfold {
    fn project(&mut self, AccountEvent::Deposited { cents }: &AccountEvent, _: &Origin) {
        self.cents += 10 * cents;
    }
}

fn deposit(account: &str, cents: u64) -> Deposit {
    Deposit { account: account.into(), cents }
}

/// The rows are there after app and server ended, and only what is new is projected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_on_redis_goes_on_where_it_was() {
    let Some(mut server) = required(Redis::start()) else { return };
    let app = App::connect(&server.url()).await.unwrap();
    let app = app.aggregate::<Account>().projection::<Balance>().start().await.unwrap();
    for (account, cents) in [("alice", 1), ("bob", 5), ("alice", 2)] {
        let done = app.send(deposit(account, cents)).await.unwrap();
        app.view::<Balance>().after(done.position).get(account).await.unwrap().unwrap();
    }
    app.stop().await.unwrap();
    drop(app);
    server.kill();
    server.start_again();

    let app = App::connect(&server.url()).await.unwrap();
    let app = app.aggregate::<Account>().projection::<Tenfold>().start().await.unwrap();
    let done = app.send(deposit("bob", 7)).await.unwrap();
    let view = app.view::<Tenfold>().after(done.position);
    let rows = view.order_by(Tenfold::CENTS.desc()).all().await.unwrap();
    let rows: Vec<(&str, u64)> = rows.iter().map(|row| (&*row.account, row.cents)).collect();
    assert_eq!(rows, [("bob", 75), ("alice", 3)]);
    app.stop().await.unwrap();
}
