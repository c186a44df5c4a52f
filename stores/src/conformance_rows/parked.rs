//! What is parked changes in the same commits as rows and checkpoint, and is asked like rows.

use std::sync::Arc;

use factum_core::view::{
    Comparison, Condition, Row, RowBatch, RowStore, Select, Sort, Value, ViewError,
};

use super::RowSubject;
use super::making::{VIEW, all, batch, changes, checkpoint, mark, numbered, text};

/// What is parked of a row at a position.
fn parked(key: &str, row: &str, position: u64) -> Row {
    let values = vec![Value::Text(row.to_owned()), Value::Uint(position), Value::Uint(0)];
    Row { key: key.to_owned(), values, body: format!("\"{key}\"").into() }
}

async fn all_parked(rows: &Arc<dyn RowStore>) -> Vec<String> {
    let sorts = vec![Sort { column: 1, descending: true }];
    let select = Select { sorts, ..Select::default() };
    rows.select(VIEW.parked(), select).await.unwrap().iter().map(text).collect()
}

/// A batch parks, and takes what is parked out again, beside its rows.
pub async fn it_changes_with_the_rows<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    assert_eq!(all_parked(&rows).await, Vec::<String>::new());
    let first = RowBatch {
        parked: changes([parked("1", "a", 1), parked("2", "b", u64::MAX)], &[]),
        ..batch(None, mark(1), [numbered("1", 1)], &[])
    };
    rows.commit(first).await.unwrap();
    assert_eq!(all_parked(&rows).await, ["\"2\"", "\"1\""]);
    assert_eq!(all(&rows).await, [text(&numbered("1", 1).body)], "the tables are apart");
    let second = RowBatch {
        parked: changes([parked("3", "a", 3)], &["2"]),
        ..batch(Some(mark(1)), mark(2), [], &["1"])
    };
    rows.commit(second).await.unwrap();
    assert_eq!(all_parked(&rows).await, ["\"3\"", "\"1\""]);
    assert_eq!(all(&rows).await, Vec::<String>::new());
    assert_eq!(checkpoint(&rows).await, Some(mark(2)));
}

/// What is parked can be loaded, filtered and counted.
pub async fn it_is_asked_like_rows<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let many = (0..50).map(|at| parked(&at.to_string(), &format!("row {}", at % 5), at));
    let first = RowBatch { parked: changes(many, &[]), ..batch(None, mark(1), [], &[]) };
    rows.commit(first).await.unwrap();
    let of_row = Condition::Compare {
        column: 0,
        comparison: Comparison::Eq,
        value: Value::Text("row 3".to_owned()),
    };
    let after =
        Condition::Compare { column: 1, comparison: Comparison::Ge, value: Value::Uint(30) };
    assert_eq!(rows.count(VIEW.parked(), vec![of_row.clone()]).await.unwrap(), 10);
    let select = Select {
        conditions: vec![of_row, after],
        sorts: vec![Sort { column: 1, descending: false }],
        limit: Some(2),
    };
    let found = rows.select(VIEW.parked(), select).await.unwrap();
    assert_eq!(found.iter().map(text).collect::<Vec<_>>(), ["\"33\"", "\"38\""]);
    let loaded = rows.load(VIEW.parked(), vec!["7".to_owned(), "none".to_owned()]).await.unwrap();
    assert_eq!(loaded, [Some("\"7\"".into()), None]);
}

/// A batch that is fenced, or has a bad row, parks nothing.
pub async fn a_refused_batch_parks_nothing<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let mut short = parked("2", "a", 1);
    short.values.pop();
    let fenced = batch(Some(mark(7)), mark(8), [numbered("a", 1)], &[]);
    let fenced = RowBatch { parked: changes([parked("1", "a", 1)], &[]), ..fenced };
    let bad = batch(None, mark(8), [numbered("a", 1)], &[]);
    let bad = RowBatch { parked: changes([parked("1", "a", 1), short], &[]), ..bad };
    assert!(matches!(rows.commit(fenced).await, Err(ViewError::Fenced(_))));
    assert!(matches!(rows.commit(bad).await, Err(ViewError::BadRow { key, .. }) if key == "2"));
    assert_eq!(all_parked(&rows).await, Vec::<String>::new());
    assert_eq!((checkpoint(&rows).await, all(&rows).await.len()), (None, 0));
}
