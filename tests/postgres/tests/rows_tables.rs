//! The tables that views are kept in, as a person sees them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use factum_core::store::{Durability, StoreError};
use factum_core::view::{
    ColumnSpec, Comparison, Condition, RowBatch, RowStore, Select, Sort, Value, ValueKind,
    ViewError, ViewId, ViewSpec,
};
use factum_postgres_tests::{VIEW, batch, checkpoint, mark, row, texts};
use factum_stores::PostgresStore;
use factum_stores::postgres::PostgresOptions;
use factum_test_servers::{Postgres, required};
use tokio_postgres::Client;

fn options() -> PostgresOptions {
    PostgresStore::options().durability(Durability::Process).migrate()
}

async fn open(server: &Postgres) -> PostgresStore {
    let store = options().connect(&server.url()).await.unwrap();
    RowStore::open(&store, VIEW).await.unwrap();
    store
}

async fn client(server: &Postgres) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn compare(column: usize, comparison: Comparison, value: Value) -> Condition {
    Condition::Compare { column, comparison, value }
}

/// Columns have the names and values of the code, and bodies are JSON.
#[tokio::test]
async fn a_person_can_query_a_view() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server).await;
    let rows = [row("a", "Alice", 7), row("b", "Bob", u64::MAX)];
    store.commit(batch(None, mark(1), rows)).await.unwrap();
    let sql = "select key, owner, cents::text, open, body::jsonb->>'owner'
               from factum.view_1_balances_v1 where cents > 9223372036854775807 and open";
    let found = client(&server).await.query(sql, &[]).await.unwrap();
    let [found] = &*found else { panic!("{} rows", found.len()) };
    let text = |at: usize| found.get::<_, String>(at);
    assert_eq!([text(0), text(1), text(2), text(4)], ["b", "Bob", &u64::MAX.to_string(), "Bob"]);
    let count = "select count(*) from factum.parked_1_balances_v1 where \"row\" = 'a'";
    assert_eq!(client(&server).await.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}

/// A filter and an order are a range of an index, nulls or not, and whichever way it goes.
#[tokio::test]
async fn queries_read_what_they_give() {
    const ROWS: u64 = 20_000;
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server).await;
    let rows = (0..ROWS).map(|n| row(&format!("{n:05}"), &format!("owner {}", n % 5_000), n));
    store.commit(batch(None, mark(1), rows)).await.unwrap();
    store.close().await;
    let client = client(&server).await;
    client.batch_execute("analyze factum.view_1_balances_v1").await.unwrap();
    let cents = |comparison, n| compare(1, comparison, Value::Uint(n));
    let owner = |n| compare(0, Comparison::Eq, Value::Text(format!("owner {n}")));
    let by = |column, descending| vec![Sort { column, descending }];
    let queries = [
        (vec![cents(Comparison::Ge, 10_000)], by(1, false), Some(10)),
        (vec![cents(Comparison::Gt, 10_000)], by(1, true), Some(10)),
        (vec![cents(Comparison::Lt, 10_000)], by(1, false), Some(10)),
        (vec![cents(Comparison::Lt, 10_000)], by(1, true), Some(10)),
        (vec![cents(Comparison::Le, 10)], by(0, false), None),
        (vec![cents(Comparison::Lt, 10_010), cents(Comparison::Ge, 10_000)], by(0, true), None),
        (vec![compare(1, Comparison::Eq, Value::Null)], vec![], None),
        (vec![owner(3)], by(1, true), None),
        (vec![Condition::Any(vec![owner(3), owner(4), owner(9)])], vec![], None),
        (vec![], by(1, true), Some(10)),
        (vec![], vec![], Some(10)),
    ];
    let mut before = tuples_read(&client, 0).await;
    for (number, (conditions, sorts, limit)) in (1..).zip(queries) {
        let select = Select { conditions, sorts, limit };
        let store = open(&server).await;
        let found = store.select(VIEW, select.clone()).await.unwrap().len();
        store.close().await;
        let after = tuples_read(&client, number).await;
        let read = after - before;
        assert!(read < 200, "{read} rows were read for {found}: {select:?}");
        before = after;
    }
}

/// How many entries and rows were read of the view's table, once so many sessions have told.
async fn tuples_read(client: &Client, queries: i64) -> i64 {
    // A session tells when it ends.
    let sql = "select t.seq_scan + coalesce(sum(i.idx_scan)::bigint, 0),
                   t.seq_tup_read + coalesce(sum(i.idx_tup_read)::bigint, 0)
               from pg_stat_user_tables t join pg_stat_user_indexes i using (relid)
               where t.relname = 'view_1_balances_v1' group by 1, t.seq_scan, t.seq_tup_read";
    let sql = sql.replace("group by 1, ", "group by ");
    let sessions = "select count(*) from pg_stat_activity where application_name = 'factum'";
    loop {
        let open: i64 = client.query_one(sessions, &[]).await.unwrap().get(0);
        let told = client.query_one(&sql, &[]).await.unwrap();
        if open == 0 && told.get::<_, i64>(0) >= queries {
            return told.get(1);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Who may not make tables is told so; with the tables made by another, the rights to them will do.
#[tokio::test]
async fn the_right_to_make_tables_is_needed_once() {
    let Some(server) = required(Postgres::start()) else { return };
    let owner = options().connect(&server.url()).await.unwrap();
    let grant = "grant select, insert, update, delete on all tables in schema factum to app";
    let rights = format!("create role app login; grant usage on schema factum to app; {grant}");
    let client = client(&server).await;
    client.batch_execute(&rights).await.unwrap();
    let url = server.url().replace("postgres@", "app@");
    let app = options().connect(&url).await;
    assert!(app.is_ok(), "there is nothing to migrate");
    let app = app.unwrap();
    let refused = RowStore::open(&app, VIEW).await.unwrap_err();
    let ViewError::Store { source: StoreError::Open { reason, .. }, .. } = &refused else {
        panic!("{refused}")
    };
    assert!(reason.contains("grant create on schema \"factum\""), "{reason}");
    assert!(app.builds("balances").await.unwrap().is_empty(), "nothing is left of it");
    RowStore::open(&owner, VIEW).await.unwrap();
    client.batch_execute(grant).await.unwrap();
    RowStore::open(&app, VIEW).await.unwrap();
    app.commit(batch(None, mark(1), [row("a", "Alice", 7)])).await.unwrap();
    assert_eq!(owner.count(VIEW, vec![]).await.unwrap(), 1);
}

/// A table that is somebody else's is neither used nor dropped.
#[tokio::test]
async fn a_table_of_others_is_left_alone() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = options().connect(&server.url()).await.unwrap();
    let client = client(&server).await;
    client.batch_execute("create table factum.view_1_balances_v1 ()").await.unwrap();
    let refused = RowStore::open(&store, VIEW).await.unwrap_err().to_string();
    assert!(refused.contains("already exists") && refused.contains("another name"), "{refused}");
    store.drop_view(VIEW.id).await.unwrap();
    client.batch_execute("select from factum.view_1_balances_v1").await.unwrap();
}

/// Each log of a schema has views of its own, also of one name.
#[tokio::test]
async fn views_of_several_logs_are_apart() {
    let Some(server) = required(Postgres::start()) else { return };
    let one = open(&server).await;
    let other = options().log("other").connect(&server.url()).await.unwrap();
    assert!(other.builds("balances").await.unwrap().is_empty());
    RowStore::open(&other, VIEW).await.unwrap();
    one.commit(batch(None, mark(1), [row("a", "Alice", 7)])).await.unwrap();
    assert_eq!(checkpoint(&other, VIEW).await, None);
    other.commit(batch(None, mark(2), [row("a", "Adam", 8)])).await.unwrap();
    assert_eq!(checkpoint(&one, VIEW).await, Some(mark(1)));
    one.drop_view(VIEW.id).await.unwrap();
    let left = texts(other.select(VIEW, Select::default()).await);
    assert_eq!(left, ["{\"owner\":\"Adam\",\"cents\":8}"]);
    let tables = "select count(*) from pg_tables where tablename like '%balances%'";
    assert_eq!(client(&server).await.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 2);
}

/// Names that the server would cut off stay apart.
#[tokio::test]
async fn long_names_stay_apart() {
    const COLUMNS: &[ColumnSpec] = &[
        ColumnSpec {
            name: "a_column_with_a_name_that_is_longer_than_those_that_the_server_takes_one",
            kind: ValueKind::Int,
        },
        ColumnSpec {
            name: "a_column_with_a_name_that_is_longer_than_those_that_the_server_takes_two",
            kind: ValueKind::Int,
        },
    ];
    const NAMES: [&str; 2] = [
        "a view with a name that is longer than those that the server takes, number one",
        "a view with a name that is longer than those that the server takes, number two",
    ];
    let Some(server) = required(Postgres::start()) else { return };
    let store = options().connect(&server.url()).await.unwrap();
    let views = NAMES.map(|name| ViewSpec::new(ViewId::new(name, 1), COLUMNS));
    for (number, view) in (1..).zip(views) {
        RowStore::open(&store, view).await.unwrap();
        let values = vec![Value::Int(number), Value::Int(-number)];
        let put = factum_core::view::Row { values, ..row("a", "Alice", number.unsigned_abs()) };
        store.commit(RowBatch { view, ..batch(None, mark(1), [put]) }).await.unwrap();
    }
    for (number, view) in (1..).zip(views) {
        let of = vec![
            compare(0, Comparison::Eq, Value::Int(number)),
            compare(1, Comparison::Eq, Value::Int(-number)),
        ];
        assert_eq!(store.count(view, of).await.unwrap(), 1);
    }
}

/// What no index takes is refused by the row's key, and changes nothing.
#[tokio::test]
async fn a_text_that_is_too_long_for_an_index_is_named() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server).await;
    // Digits that the server cannot compress enough.
    let digits = (0..2_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n * n) << 20);
    let long: String = digits.map(|digits| format!("{digits:x}")).collect();
    let rows = [row("fits", "Alice", 7), row("does not", &long, 8)];
    match store.commit(batch(None, mark(1), rows)).await {
        Err(ViewError::BadRow { key, problem, .. }) => {
            assert!(key == "does not" && problem.contains("#[index]"), "{key}: {problem}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        (checkpoint(&store, VIEW).await, store.count(VIEW, vec![]).await.unwrap()),
        (None, 0)
    );
}

/// A store that is open for reading asks views, and changes none.
#[tokio::test]
async fn a_store_for_reading_asks_views() {
    let Some(server) = required(Postgres::start()) else { return };
    let store = open(&server).await;
    store.commit(batch(None, mark(1), [row("a", "Alice", 7)])).await.unwrap();
    let reading = PostgresStore::options().durability(Durability::Process).read_only();
    let reader = reading.connect(&server.url()).await.unwrap();
    RowStore::open(&reader, VIEW).await.unwrap();
    assert_eq!(reader.count(VIEW, vec![]).await.unwrap(), 1);
    let other = ViewSpec { id: ViewId::new("other", 1), ..VIEW };
    let refused = [
        RowStore::open(&reader, other).await,
        reader.commit(batch(Some(mark(1)), mark(2), [])).await,
        reader.drop_view(VIEW.id).await,
    ];
    for told in refused {
        let is_refused =
            matches!(told, Err(ViewError::Store { source: StoreError::ReadOnly { .. }, .. }));
        assert!(is_refused, "{told:?}");
    }
}
