//! Rows come back as they were put.

use bytes::Bytes;
use factum_core::view::{Row, Value};

use super::RowSubject;
use super::making::{VIEW, all, batch, checkpoint, mark, numbered, text};

/// A row that is put again has its new body and values only.
pub async fn a_put_replaces<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    rows.commit(batch(None, mark(1), [numbered("a", 1)], &[])).await.unwrap();
    rows.commit(batch(Some(mark(1)), mark(2), [numbered("a", 2)], &[])).await.unwrap();
    assert_eq!(all(&rows).await, [text(numbered("a", 2).body)]);
    let unsigned = |value| factum_core::view::Condition::Compare {
        column: 2,
        comparison: factum_core::view::Comparison::Eq,
        value: Value::Uint(value),
    };
    assert_eq!(rows.count(VIEW, vec![unsigned(1)]).await.unwrap(), 0);
    assert_eq!(rows.count(VIEW, vec![unsigned(2)]).await.unwrap(), 1);
}

/// A deleted row is not there; deleting what is not there does nothing.
pub async fn what_is_deleted_is_gone<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let puts = [numbered("a", 1), numbered("b", 1)];
    rows.commit(batch(None, mark(1), puts, &["nothing"])).await.unwrap();
    rows.commit(batch(Some(mark(1)), mark(2), [], &["a", "never"])).await.unwrap();
    assert_eq!(all(&rows).await, [text(numbered("b", 1).body)]);
    assert_eq!(rows.load(VIEW, vec!["a".to_owned()]).await.unwrap(), [None]);
    rows.commit(batch(Some(mark(2)), mark(3), [numbered("a", 3)], &[])).await.unwrap();
    assert_eq!(all(&rows).await.len(), 2);
}

/// Bodies come in the order of the keys that were asked for, `None` where there is no row.
pub async fn a_load_keeps_the_order_of_the_keys<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let put = |key: &str| numbered(key, 1);
    rows.commit(batch(None, mark(1), ["a", "b", "c"].map(put), &[])).await.unwrap();
    let keys = ["c", "x", "a", "c", "", "b"];
    let loaded = rows.load(VIEW, keys.map(str::to_owned).to_vec()).await.unwrap();
    let body = |key: &str| Some(put(key).body);
    assert_eq!(loaded, [body("c"), None, body("a"), body("c"), None, body("b")]);
    assert_eq!(rows.load(VIEW, vec![]).await.unwrap(), Vec::<Option<Bytes>>::new());
}

/// Ten thousand rows are loaded at once.
pub async fn a_load_may_be_long<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let key = |number: u32| format!("row {number}");
    let puts = (0..5_000).map(|number| numbered(&key(number), number));
    rows.commit(batch(None, mark(1), puts, &[])).await.unwrap();
    let keys: Vec<String> = (0..10_000).map(key).collect();
    let loaded = rows.load(VIEW, keys).await.unwrap();
    assert_eq!(loaded.len(), 10_000);
    for (number, body) in (0..).zip(loaded) {
        let expected = (number < 5_000).then(|| numbered(&key(number), number).body);
        assert_eq!(body, expected, "row {number}");
    }
}

/// No character of a key means anything.
pub async fn keys_are_taken_literally<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let long = "k".repeat(10_000);
    let keys = [
        "",
        " ",
        "a",
        "A",
        "a ",
        "a%",
        "a_",
        "a*",
        "'",
        "\"",
        "\\",
        "\0",
        "a\0b",
        "a\n",
        "0",
        "00",
        "1e3",
        "é",
        "e\u{301}",
        "ß",
        "\u{ffff}",
        "\u{10000}",
        "{}",
        ":",
        "NULL",
        &long,
    ];
    let puts = (1..).zip(keys).map(|(number, key)| numbered(key, number));
    rows.commit(batch(None, mark(1), puts, &[])).await.unwrap();
    let loaded = rows.load(VIEW, keys.map(str::to_owned).to_vec()).await.unwrap();
    for ((number, key), body) in (1..).zip(keys).zip(loaded) {
        assert_eq!(body, Some(numbered(key, number).body), "key {key:?}");
    }
    let mut sorted = keys.map(str::to_owned);
    sorted.sort();
    let number = |key: &String| keys.iter().position(|k| k == key).unwrap() as u32 + 1;
    let expected: Vec<_> = sorted.iter().map(|k| text(numbered(k, number(k)).body)).collect();
    assert_eq!(all(&rows).await, expected, "rows come in the order of the bytes of their keys");
    rows.commit(batch(Some(mark(1)), mark(2), [], &keys)).await.unwrap();
    assert_eq!(all(&rows).await, Vec::<String>::new());
}

/// A body is bytes.
pub async fn bodies_are_kept_to_the_byte<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let large = format!("\"{}\"", "x".repeat(2 << 20));
    let bodies = ["{}", " { } ", "null", "{\"a\":1,\"a\":2}", "\"\\u0000é\u{10000}\"", &large];
    let values = || vec![Value::Null; 4];
    let puts = (0..).zip(bodies).map(|(number, body): (u32, &str)| Row {
        key: number.to_string(),
        values: values(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    });
    rows.commit(batch(None, mark(1), puts, &[])).await.unwrap();
    assert_eq!(all(&rows).await, bodies);
}

/// Twenty thousand rows change in one batch.
pub async fn a_batch_may_be_large<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let key = |number: u32| format!("{number}");
    let puts = (0..20_000).map(|number| numbered(&key(number), number));
    rows.commit(batch(None, mark(1), puts, &[])).await.unwrap();
    assert_eq!(rows.count(VIEW, vec![]).await.unwrap(), 20_000);
    let keys: Vec<String> = (0..19_999).map(key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    rows.commit(batch(Some(mark(1)), mark(2), [], &keys)).await.unwrap();
    assert_eq!(all(&rows).await, [text(numbered("19999", 19_999).body)]);
}

/// A batch without rows moves the checkpoint.
pub async fn a_batch_may_be_empty<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    rows.commit(batch(None, mark(4), [], &[])).await.unwrap();
    assert_eq!(checkpoint(&rows).await, Some(mark(4)));
    assert_eq!(all(&rows).await, Vec::<String>::new());
}

/// A key that a batch both puts and deletes is gone; of two puts of one key the last counts.
pub async fn a_key_in_puts_and_deletes_is_gone<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let puts = [numbered("a", 1), numbered("b", 1), numbered("b", 2)];
    rows.commit(batch(None, mark(1), puts, &["a"])).await.unwrap();
    assert_eq!(all(&rows).await, [text(numbered("b", 2).body)]);
}
