//! An app on PostgreSQL keeps its views there, across its restarts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use factum::App;
use factum::prelude::*;
use factum::stores::PostgresStore;
use factum_test_servers::{Postgres, required};
use serde::{Deserialize, Serialize};

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
        emit(AccountEvent::Deposited { cents: command.cents })
    }
}

#[derive(Projection, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Balance {
    #[key]
    account: String,
    #[index]
    cents: u64,
    /// Tells how often an event was taken in.
    events: u32,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, event: &AccountEvent, _: &Origin) {
        let AccountEvent::Deposited { cents } = event;
        self.cents += cents;
        self.events += 1;
    }
}

async fn start(url: &str) -> App {
    let app = App::connect(url).await.unwrap();
    app.aggregate::<Account>().projection::<Balance>().start().await.unwrap()
}

/// What is kept is what the next app goes on from: a change by hand is in its rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_stay_across_restarts() {
    const BY_HAND: u32 = 100;
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    PostgresStore::migrate(&server.url()).await.unwrap();
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    for run in 1..=3_u32 {
        let app = start(&server.url()).await;
        let mut position = None;
        for account in ["alice", "bob"] {
            let deposit = Deposit { account: account.into(), cents: 5 };
            position = Some(app.send(deposit).await.unwrap().position);
        }
        let view = app.view::<Balance>().after(position.unwrap());
        let rows = view.filter(Balance::CENTS.ge(1_u64)).order_by(Balance::CENTS.desc());
        let cents = u64::from(run) * 5;
        let events = run + (run - 1) * BY_HAND;
        let row = |account: &str| Balance { account: account.into(), cents, events };
        assert_eq!(rows.all().await.unwrap(), [row("alice"), row("bob")], "each event once");
        app.stop().await.unwrap();

        let sql = "select v.key, v.cents::text, s.position
                   from factum.view_1_balances_v1 v, factum.view_slices s order by v.key";
        let kept = client.query(sql, &[]).await.unwrap();
        let kept: Vec<(String, String, i64)> =
            kept.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let row = |account: &str| (account.to_owned(), cents.to_string(), i64::from(run) * 2);
        assert_eq!(kept, [row("alice"), row("bob")], "rows and checkpoint");
        let changed = format!(
            "update factum.view_1_balances_v1 set body = jsonb_set(body::jsonb, '{{events}}',
                 to_jsonb((body::jsonb->>'events')::int + {BY_HAND}))::text"
        );
        assert_eq!(client.execute(&changed, &[]).await.unwrap(), 2);
    }
}
