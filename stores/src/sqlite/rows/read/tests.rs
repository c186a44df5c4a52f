//! The SQL that is written for a query is answered by the indexes.

use factum_core::view::{ColumnSpec, Sort, ValueKind, ViewId};

use super::super::super::{SqliteOptions, schema};
use super::super::table::create;
use super::*;

const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec { name: "cents", kind: ValueKind::Uint },
    ColumnSpec { name: "owner", kind: ValueKind::Text },
];
const VIEW: ViewSpec = ViewSpec::new(ViewId::new("balances", 1), COLUMNS);

/// How SQLite goes about it: the steps, one a line.
fn plan(conn: &Connection, select: &Select) -> String {
    let query = Text::select(&VIEW, select);
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql)).unwrap();
    let values = params_from_iter(query.values.iter().map(|value| Sql(value)));
    let lines = statement.query_map(values, |row| row.get::<_, String>(3)).unwrap();
    lines.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

fn opened() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.db");
    let (conn, _) = schema::open_writer(&file, &SqliteOptions::default()).unwrap();
    create(&conn, &VIEW).unwrap();
    (folder, conn)
}

fn compare(column: usize, comparison: Comparison, value: Value) -> Condition {
    Condition::Compare { column, comparison, value }
}

#[test]
fn every_comparison_is_a_range_of_the_index() {
    // Not `Ne`: all rows but a few are not worth the way through an index.
    use Comparison::{Eq, Ge, Gt, Le, Lt};
    let (_folder, conn) = opened();
    for comparison in [Eq, Lt, Le, Gt, Ge] {
        for value in [Value::Uint(7), Value::Uint(u64::MAX), Value::Null] {
            for descending in [false, true] {
                let conditions = vec![compare(0, comparison, value.clone())];
                let sorts = vec![Sort { column: 0, descending }];
                let plan = plan(&conn, &Select { conditions, sorts, limit: Some(9) });
                assert!(plan.starts_with("SEARCH"), "{comparison:?} {value:?}: {plan}");
                assert!(plan.contains("USING INDEX view_balances_v1_by_0"), "{plan}");
                // Backwards the keys of equal values have to be turned round, and only those.
                let sorted = !plan.contains("TEMP B-TREE");
                let last = descending && plan.contains("USE TEMP B-TREE FOR LAST TERM OF ORDER BY");
                assert!(sorted || last, "{comparison:?} {value:?}: {plan}");
            }
        }
    }
}

#[test]
fn an_order_alone_walks_its_index() {
    let (_folder, conn) = opened();
    for column in [0, 1] {
        let sorts = vec![Sort { column, descending: false }];
        let plan = plan(&conn, &Select { sorts, limit: Some(9), ..Select::default() });
        assert!(plan.contains(&format!("USING INDEX view_balances_v1_by_{column}")), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn an_equal_value_beside_an_order_is_looked_up() {
    let (_folder, conn) = opened();
    let conditions = vec![compare(1, Comparison::Eq, Value::Text("alice".to_owned()))];
    let sorts = vec![Sort { column: 0, descending: false }];
    let by_cents = plan(&conn, &Select { conditions: conditions.clone(), sorts, limit: None });
    assert!(by_cents.starts_with("SEARCH") && by_cents.contains("_by_1 "), "{by_cents}");
    let by_key = plan(&conn, &Select { conditions, ..Select::default() });
    assert!(by_key.starts_with("SEARCH") && by_key.contains("_by_1 "), "{by_key}");
    assert!(!by_key.contains("TEMP B-TREE"), "{by_key}");
}
