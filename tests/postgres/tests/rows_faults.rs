//! Connections that are cut, clients that stand still and servers that are killed, while a view changes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use factum_core::store::{Durability, Mark};
use factum_core::view::{Owner, Row, RowStore, Select, Taken, ViewError};
use factum_postgres_tests::{VIEW, batch, checkpoint, mark, row, stand_still, texts};
use factum_stores::PostgresStore;
use factum_stores::postgres::PostgresOptions;
use factum_test_servers::{Postgres, Proxy, required};

const ROWS: u64 = 2_000;

fn options() -> PostgresOptions {
    PostgresStore::options().durability(Durability::Process).migrate()
}

/// A store with the view.
async fn open(url: &str) -> PostgresStore {
    let store = options().connect(url).await.unwrap();
    RowStore::open(&store, VIEW).await.unwrap();
    store
}

/// Rows that tell a number each, of which one names a request.
fn numbered(number: u64, name: &str) -> Vec<Row> {
    let mut rows: Vec<Row> =
        (0..ROWS).map(|key| row(&format!("row {key}"), "all", number)).collect();
    rows.push(row("named", name, number));
    rows
}

/// The number that all rows tell, which has to be where the checkpoint is.
async fn told(store: &PostgresStore) -> Option<Mark> {
    let found = checkpoint(store, VIEW).await;
    let bodies = texts(store.select(VIEW, Select::default()).await);
    match found {
        Some(at) => {
            let part = format!("\"cents\":{}}}", at.position.number());
            assert_eq!(bodies.len() as u64, ROWS + 1);
            assert!(bodies.iter().all(|body| body.ends_with(&part)), "{at:?}: {bodies:?}");
        }
        None => assert_eq!(bodies, Vec::<String>::new()),
    }
    found
}

/// A connection is cut before or behind what a commit sends: rows and checkpoint stay together, the
/// slice is free at once, and trying again finds out what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_leaves_rows_and_checkpoint_together() {
    const MARK: &str = "the one that is cut";
    let Some(server) = required(Postgres::start()) else { return };
    let direct = open(&server.url()).await;
    let proxy = Proxy::to(server.port());
    let store = open(&format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port())).await;
    let mut from = None;
    for round in 1..=10 {
        let passes = round % 2 == 0;
        if passes {
            proxy.cut_reply_to(MARK)
        } else {
            proxy.cut_request_with(MARK)
        }
        let to = mark(round);
        let cut = store.commit(batch(from, to, numbered(round, MARK))).await;
        assert!(proxy.has_cut());
        let Err(ViewError::Store { source, .. }) = cut else { panic!("round {round}: {cut:?}") };
        assert!(source.outcome_unknown() && source.is_transient(), "{source}");
        // By the same store, on another connection: it waits for what may be under way.
        match store.commit(batch(from, to, numbered(round, "again"))).await {
            Ok(()) => assert!(!passes, "round {round} was done twice"),
            Err(ViewError::Fenced(fenced)) => {
                assert!(passes && fenced.found == Some(to), "round {round}: {fenced:?}");
            }
            Err(other) => panic!("round {round}: {other}"),
        }
        assert_eq!(told(&direct).await, Some(to));
        from = Some(to);
    }
    let taken = direct.take(VIEW, 0, Owner::new("another"), Some(Duration::from_secs(60))).await;
    assert!(matches!(taken, Ok(Taken::Yours { checkpoint, .. }) if checkpoint == from));
}

/// A client that stands still in the middle of a commit, or while it takes a slice, holds nobody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stands_still_holds_no_slice() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server.url()).await;
    let nothing = "'', '', '{}', '{}', '{}', '{}', '{}', '{}', '{}'";
    let commit = format!(
        "call factum.commit_view(1, 'balances', 1, 0, 0, 0, null, null, null, null, \
         '{}', 1, null, 1, {nothing}, {nothing}, null, null, null, null, null, null)",
        uuid::Uuid::nil()
    );
    let take = "call factum.take_slice(1, 'balances', 1, 0, 0, 'still', 1, \
                null, null, null, null, null, null, null)";
    for sql in [&*commit, take] {
        for kept_back in [0, 1, 4, 5, 6, 10, 15, 40] {
            let _still = stand_still(server.port(), sql, kept_back);
            std::thread::sleep(Duration::from_millis(50));
            let begun = Instant::now();
            let taken = store.take(VIEW, 0, Owner::new("me"), None).await.unwrap();
            let Taken::Yours { hold, checkpoint } = taken else { panic!("{taken:?}") };
            let mine = batch(checkpoint, mark(2), numbered(2, "mine"));
            store.commit(factum_core::view::RowBatch { hold, ..mine }).await.unwrap();
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(5), "{kept_back} bytes kept back: {took:?}");
        }
    }
}

/// Another program that holds the slice's row: the commit ends at its limit, by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_another_program_ends_at_its_limit() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = options().lock_within(Duration::from_millis(300)).connect(&server.url()).await;
    let store = store.unwrap();
    RowStore::open(&store, VIEW).await.unwrap();
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("begin; select * from factum.view_slices for update").await.unwrap();
    let held = store.commit(batch(None, mark(1), numbered(1, "held"))).await.unwrap_err();
    let ViewError::Store { source, .. } = &held else { panic!("{held}") };
    assert!(source.is_transient() && held.to_string().contains("lock_within"), "{held}");
    client.batch_execute("rollback").await.unwrap();
    store.commit(batch(None, mark(1), numbered(1, "free"))).await.unwrap();
    assert_eq!(told(&store).await, Some(mark(1)));
}

/// A server that is killed again and again loses nothing that was acknowledged, and parts nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_parts_nothing() {
    let safe = ["fsync=on", "full_page_writes=on"];
    let Some(mut server) = required(Postgres::start_with(&safe)) else { return };
    let store = PostgresStore::options().migrate().connect(&server.url()).await.unwrap();
    RowStore::open(&store, VIEW).await.unwrap();
    let (end, mut ended) = tokio::sync::watch::channel(false);
    let writer = tokio::spawn(async move {
        let (mut from, mut number) = (None, 0);
        while !*ended.borrow_and_update() {
            number += 1;
            let to = mark(number);
            loop {
                match store.commit(batch(from, to, numbered(number, "killed"))).await {
                    Ok(()) => break,
                    Err(ViewError::Fenced(fenced)) if fenced.found == Some(to) => break,
                    Err(ViewError::Store { source, .. }) if source.is_transient() => {}
                    Err(other) => panic!("{other}"),
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            from = Some(to);
        }
        from
    });
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        server = tokio::task::spawn_blocking(move || {
            server.kill();
            server.restart();
            server
        })
        .await
        .unwrap();
        assert_agreement(&server).await;
    }
    end.send_replace(true);
    let acknowledged = writer.await.unwrap();
    assert_eq!(told(&open_when_ready(&server).await).await, acknowledged);
}

/// Checks at one moment, while a writer goes on, that all rows tell where the checkpoint is.
async fn assert_agreement(server: &Postgres) {
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "select s.position, min(v.cents)::bigint, max(v.cents)::bigint
               from factum.view_slices s left join factum.view_1_balances_v1 v on true
               group by s.position";
    let row = client.query_one(sql, &[]).await.unwrap();
    let [position, least, most]: [Option<i64>; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!([least, most], [position; 2]);
}

/// A store of its own on a server that was restarted.
async fn open_when_ready(server: &Postgres) -> PostgresStore {
    loop {
        match PostgresStore::options().connect(&server.url()).await {
            Ok(store) => return store,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}
