//! How a store opens: migrations, settings, names.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use factum_core::StreamName;
use factum_core::snapshot::Snapshot;
use factum_core::store::{Durability, EventStore, Query, StoreError, Tailed};
use factum_postgres_tests::{append, one, read_all};
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};
use futures_util::StreamExt;

/// The reason why a store does not open.
fn reason(error: StoreError) -> String {
    match error {
        StoreError::Open { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

async fn run(server: &Postgres, sql: &str) {
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

/// A user who may only read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_can_be_opened_for_reading() {
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    let url = server.url();
    let reading = || PostgresStore::options().read_only();
    let migrating = reading().migrate().connect(&url).await.unwrap_err();
    assert!(matches!(migrating, StoreError::ReadOnly { .. }), "{migrating}");
    PostgresStore::migrate(&url).await.unwrap();
    let missing = reason(reading().connect(&url).await.unwrap_err());
    assert!(missing.contains("no log main"), "{missing}");

    let writer = PostgresStore::connect(&url).await.unwrap();
    append(&writer, one("a", &["a:1"])).await.unwrap().unwrap();
    let rights = "create role reader login; grant usage on schema factum to reader; \
                  grant select on all tables in schema factum to reader";
    run(&server, rights).await;
    let store = reading().connect(&url.replace("postgres@", "reader@")).await.unwrap();
    assert_eq!(read_all(&store).await, read_all(&writer).await);
    let mut tail = store.tail(Query::All, None);
    append(&writer, one("a", &[])).await.unwrap().unwrap();
    let mut seen = 0;
    while seen < 2 {
        if let Tailed::Events(events) = tail.next().await.unwrap().unwrap() {
            seen += events.len();
        }
    }
    for reader in [&store, &reading().connect(&url).await.unwrap()] {
        let refused = append(reader, one("a", &[])).await.unwrap_err();
        assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
        let snapshot = Snapshot {
            stream: StreamName::new("thing-a").unwrap(),
            shape: 1,
            revision: 0,
            mark: reader.head().await.unwrap(),
            state: "{}".into(),
        };
        let refused = reader.snapshots().unwrap().save(snapshot).await.unwrap_err();
        assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
        reader.close().await;
    }
    assert_eq!(read_all(&writer).await.len(), 2);
}

/// What a standby says may be old; of several servers the one that takes writes is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_is_for_reading_alone() {
    let Some(mut standby) = required(Postgres::start_with(&[])) else { return };
    let Some(primary) = required(Postgres::start_with(&[])) else { return };
    PostgresStore::migrate(&standby.url()).await.unwrap();
    let store = PostgresStore::connect(&standby.url()).await.unwrap();
    append(&store, one("a", &[])).await.unwrap().unwrap();
    standby.restart_as_standby();
    let both = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres",
        standby.port(),
        primary.port()
    );
    // Sessions of before are lost, and no other is made.
    let told = loop {
        match store.head().await {
            Err(error @ StoreError::Unavailable { .. })
                if error.to_string().contains("a standby") =>
            {
                break error;
            }
            Err(error) => assert!(error.is_transient(), "{error}"),
            Ok(mark) => panic!("{mark:?} is read from a standby"),
        }
    };
    assert!(told.to_string().contains("`read_only`"), "{told}");
    let alone = PostgresStore::connect(&standby.url()).await.unwrap_err();
    assert!(alone.to_string().contains("a standby"), "{alone}");
    let reading = PostgresStore::options().read_only().connect(&standby.url()).await.unwrap();
    assert_eq!(read_all(&reading).await.len(), 1);
    PostgresStore::migrate(&both).await.unwrap();
    let found = PostgresStore::connect(&both).await.unwrap();
    append(&found, one("b", &[])).await.unwrap().unwrap();
    assert_eq!(read_all(&found).await.len(), 1);
}

/// Nothing is appended to a log that has taken the place of the one that was opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_log_of_the_same_name_is_noticed() {
    let Some(mut server) = required(Postgres::start_with(&[])) else { return };
    let url = server.url();
    let store = PostgresStore::options().migrate().connect(&url).await.unwrap();
    append(&store, one("a", &[])).await.unwrap().unwrap();
    run(&server, "drop schema factum cascade").await;
    PostgresStore::migrate(&url).await.unwrap();
    server.kill();
    server.restart();
    let error = loop {
        match append(&store, one("a", &[])).await {
            Err(error) if error.is_transient() => {}
            told => break told.unwrap_err(),
        }
    };
    assert!(matches!(error, StoreError::Rewound(_)), "{error}");
    let new = PostgresStore::connect(&url).await.unwrap();
    assert!(read_all(&new).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tables_are_made_on_request_and_checked() {
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    let url = server.url();
    let missing = reason(PostgresStore::connect(&url).await.unwrap_err());
    assert!(missing.contains("`factum::stores::PostgresStore::migrate(url)`"), "{missing}");
    let several = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { PostgresStore::migrate(&url).await })
    });
    for done in several.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
    let store = PostgresStore::connect(&url).await.unwrap();
    append(&store, one("a", &[])).await.unwrap().unwrap();
    // Again, beside an open store: nothing changes.
    PostgresStore::migrate(&url).await.unwrap();
    assert_eq!(read_all(&store).await.len(), 1);
    store.close().await;
    run(&server, "insert into factum.migrations (version) values (99)").await;
    for error in [
        PostgresStore::connect(&url).await.unwrap_err(),
        PostgresStore::migrate(&url).await.unwrap_err(),
    ] {
        let newer = reason(error);
        assert!(newer.contains("99") && newer.contains("update factum"), "{newer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_and_schemas_are_apart() {
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    let url = server.url();
    let options = || PostgresStore::options().migrate();
    let stores = [
        options().connect(&url).await.unwrap(),
        options().log("other \"log\"").connect(&url).await.unwrap(),
        options().schema("odd \"schema\"; --").connect(&url).await.unwrap(),
    ];
    for (number, store) in stores.iter().enumerate() {
        for _ in 0..=number {
            append(store, one("a", &["b:c"])).await.unwrap().unwrap();
        }
    }
    for (number, store) in stores.iter().enumerate() {
        assert_eq!(read_all(store).await.len(), number + 1);
    }
    let again = options().log("other \"log\"").connect(&url).await.unwrap();
    assert_eq!(again.head().await.unwrap(), stores[1].head().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_promise_less_are_named() {
    for (setting, named) in [("fsync=off", "fsync"), ("full_page_writes=off", "full_page_writes")] {
        let Some(server) = required(Postgres::start_with(&[setting])) else { return };
        let url = server.url();
        let options = || PostgresStore::options().migrate();
        let less = reason(options().connect(&url).await.unwrap_err());
        assert!(less.contains(named), "{less}");
        let store = options().durability(Durability::Process).connect(&url).await.unwrap();
        assert_eq!(store.capabilities().durability, Durability::Process);
    }
    // This one a session can raise.
    let Some(server) = required(Postgres::start_with(&["synchronous_commit=off"])) else { return };
    let store = PostgresStore::options().migrate().connect(&server.url()).await.unwrap();
    assert_eq!(store.capabilities().durability, Durability::Synced);
    let options = PostgresStore::options().durability(Durability::Process);
    let store = options.connect(&server.url()).await.unwrap();
    assert_eq!(store.capabilities().durability, Durability::Process);
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_without_the_password() {
    let wrong =
        PostgresStore::connect("postgres://user:secret@127.0.0.1:port/x").await.unwrap_err();
    assert!(matches!(wrong, StoreError::Open { .. }), "{wrong}");
    let port = factum_test_servers::free_port();
    let url = format!("postgres://user:secret@127.0.0.1:{port}/x");
    let nobody = PostgresStore::connect(&url).await.unwrap_err();
    assert!(matches!(nobody, StoreError::Unavailable { .. }), "{nobody}");
    let place = format!("cannot connect to postgres://127.0.0.1:{port}/x: ");
    assert!(nobody.to_string().contains(&place), "{nobody}");
    for error in [wrong, nobody] {
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let Some(server) = required(Postgres::start()) else { return };
    let url = format!("{}nothing", server.url().strip_suffix("postgres").unwrap());
    let missing = reason(PostgresStore::connect(&url).await.unwrap_err());
    assert!(missing.contains("nothing") && missing.contains("`createdb`"), "{missing}");
}

/// The server of something else waits for more than it is sent.
#[tokio::test]
async fn a_server_that_does_not_answer_may_be_of_another_kind() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("postgres://{}/x", silent.local_addr().unwrap());
    let options = PostgresStore::options().connect_within(Duration::from_millis(200));
    let error = options.connect(&place).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains(&place) && said.contains("is this a PostgreSQL server?"), "{said}");
}

/// A server that asks for a password says so to whoever has none, or a wrong one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_wanted_is_asked_for() {
    let Some(server) = required(Postgres::start()) else { return };
    let rules = "create role ann login password 'secret';
        do $$ begin execute format(
            'copy (select unnest(array[''host all ann all scram-sha-256'', ''host all all all trust'']))
             to %L', current_setting('hba_file')); end $$;
        select pg_reload_conf()";
    run(&server, rules).await;
    let url = |user: &str| server.url().replace("postgres@", &format!("{user}@"));
    // The server reads its rules anew in its own time; until then she is let in.
    let asked = async {
        loop {
            let told = reason(PostgresStore::connect(&url("ann")).await.unwrap_err());
            if !told.contains("PostgresStore::migrate") {
                break told;
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap();
    assert_eq!(told, "the server asks for a password: put it into the address");
    let told = reason(PostgresStore::connect(&url("ann:guess")).await.unwrap_err());
    assert!(told.contains("check user and password"), "{told}");
    assert!(!told.contains("guess"), "{told}");
}
