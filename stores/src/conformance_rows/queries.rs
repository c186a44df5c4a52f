//! A query gives the rows that hold its conditions, in the order that it wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use factum_core::view::{Comparison, Condition, Row, RowStore, Select, Sort, Value};
use fastrand::Rng;

use super::RowSubject;
use super::making::{VIEW, batch, checkpoint, mark, numbered, row, selected, text};

const COMPARISONS: [Comparison; 6] = [
    Comparison::Eq,
    Comparison::Ne,
    Comparison::Lt,
    Comparison::Le,
    Comparison::Gt,
    Comparison::Ge,
];

/// Values of each column among which order is easily got wrong, each column's in order.
fn edges() -> [Vec<Value>; 4] {
    let texts = ["", "\0", " ", "0", "10", "9", "A", "a", "a\0", "a\0b", "aa", "b", "é", "ß"];
    let high = ["\u{ffff}", "\u{10000}", "\u{10ffff}"];
    let ints = [i64::MIN, i64::MIN + 1, -(1 << 53) - 1, -1, 0, 1, 1 << 53, i64::MAX - 1, i64::MAX];
    let uints =
        [0, 1, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX];
    let mut edges = [
        vec![Value::Bool(false), Value::Bool(true)],
        ints.map(Value::Int).to_vec(),
        uints.map(Value::Uint).to_vec(),
        texts.iter().chain(&high).map(|t| Value::Text((*t).to_owned())).collect(),
    ];
    for column in &mut edges {
        column.push(Value::Null);
        column.sort();
    }
    edges
}

/// What a query must give.
fn model(table: &BTreeMap<String, Row>, select: &Select) -> Vec<String> {
    select.apply(table.values()).into_iter().map(|row| text(&row.body)).collect()
}

/// A store with a table of random rows, made of edges.
async fn filled(rows: &Arc<dyn RowStore>, rng: &mut Rng, count: usize) -> BTreeMap<String, Row> {
    let from = checkpoint(rows).await;
    let edges = edges();
    let any = |rng: &mut Rng, column: usize| rng.choice(&edges[column]).unwrap().clone();
    let table: BTreeMap<String, Row> = (0..count)
        .map(|number| format!("row {}", number * 7919 % count))
        .map(|key| (key.clone(), row(&key, [0, 1, 2, 3].map(|column| any(rng, column)))))
        .collect();
    rows.commit(batch(from, mark(1), table.values().cloned(), &[])).await.unwrap();
    table
}

/// Every comparison with every edge, in every column.
pub async fn each_comparison_is_right<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let table = filled(&rows, &mut Rng::with_seed(1), 150).await;
    for (column, values) in edges().into_iter().enumerate() {
        for (value, comparison) in values.iter().flat_map(|v| COMPARISONS.map(|c| (v, c))) {
            let condition = Condition::Compare { column, comparison, value: value.clone() };
            let select = Select { conditions: vec![condition], ..Select::default() };
            let expected = model(&table, &select);
            assert_eq!(selected(&rows, select.clone()).await, expected, "{select:?}");
            let count = rows.count(VIEW, select.conditions.clone()).await.unwrap();
            assert_eq!(count, expected.len(), "{select:?}");
        }
    }
}

/// Nulls first, then as the Rust types order: unsigned values beyond the signed ones, text by bytes.
pub async fn each_kind_orders_as_in_rust<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let table = filled(&rows, &mut Rng::with_seed(2), 150).await;
    for column in 0..VIEW.columns.len() {
        for descending in [false, true] {
            let sorts = vec![Sort { column, descending }];
            let select = Select { sorts, ..Select::default() };
            let expected = model(&table, &select);
            assert_eq!(selected(&rows, select.clone()).await, expected, "{select:?}");
        }
    }
}

/// Rows that a sort leaves equal come in the order of their keys, whichever way it goes.
pub async fn equal_rows_come_by_key<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let same = |key: &str| row(key, [const { Value::Null }; 4]);
    rows.commit(batch(None, mark(1), ["b", "c", "a", "B"].map(same), &[])).await.unwrap();
    let expected = ["B", "a", "b", "c"].map(|key| text(same(key).body));
    for (column, descending) in (0..4).flat_map(|column| [(column, false), (column, true)]) {
        let select = Select { sorts: vec![Sort { column, descending }], ..Select::default() };
        assert_eq!(selected(&rows, select).await, expected);
    }
}

/// The second sort decides where the first leaves rows equal, and so on.
pub async fn several_sorts_hold_in_turn<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let table = filled(&rows, &mut Rng::with_seed(3), 300).await;
    for columns in [[0, 1, 2], [3, 0, 1], [2, 2, 0], [1, 3, 2]] {
        for flips in 0..8_u8 {
            let sort = |(at, column)| Sort { column, descending: (flips >> at) % 2 == 1 };
            let sorts = columns.into_iter().enumerate().map(sort).collect();
            let select = Select { sorts, ..Select::default() };
            let expected = model(&table, &select);
            assert_eq!(selected(&rows, select.clone()).await, expected, "{select:?}");
        }
    }
}

/// A limit keeps the first rows of the order; zero keeps none, a large one all.
pub async fn a_limit_keeps_the_first<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let table = filled(&rows, &mut Rng::with_seed(4), 40).await;
    for limit in [0, 1, 39, 40, 41, usize::MAX] {
        let sorts = vec![Sort { column: 2, descending: true }];
        let select = Select { sorts, limit: Some(limit), ..Select::default() };
        let expected = model(&table, &select);
        assert_eq!(selected(&rows, select).await, expected, "limit {limit}");
    }
}

/// All of no conditions hold, any of none does not.
pub async fn empty_lists_of_conditions<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let table = filled(&rows, &mut Rng::with_seed(5), 10).await;
    let all = || Condition::All(vec![]);
    let any = || Condition::Any(vec![]);
    let mixes = [
        (vec![all()], 10),
        (vec![any()], 0),
        (vec![Condition::Any(vec![any(), all()])], 10),
        (vec![Condition::All(vec![all(), any()])], 0),
    ];
    for (conditions, expected) in mixes {
        let select = Select { conditions, ..Select::default() };
        assert_eq!(model(&table, &select).len(), expected);
        assert_eq!(selected(&rows, select.clone()).await.len(), expected, "{select:?}");
    }
}

/// Random queries over rows that come, change and go.
pub async fn random_queries_agree_with_the_model<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let seed = fastrand::u64(..);
    let mut rng = Rng::with_seed(seed);
    let subject = fresh().await;
    let rows = subject.rows();
    let mut table = filled(&rows, &mut rng, 100).await;
    let edges = edges();
    for round in 2..30 {
        let puts: Vec<Row> = (0..rng.usize(..20))
            .map(|_| {
                let values = [0, 1, 2, 3].map(|c: usize| rng.choice(&edges[c]).unwrap().clone());
                row(&format!("row {}", rng.usize(..150)), values)
            })
            .map(|row| (row.key.clone(), row))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect();
        let deletes: Vec<String> = (0..rng.usize(..5))
            .map(|_| format!("row {}", rng.usize(..150)))
            .filter(|key| puts.iter().all(|row| row.key != *key))
            .collect();
        table.retain(|key, _| !deletes.contains(key));
        table.extend(puts.iter().map(|row| (row.key.clone(), row.clone())));
        let deletes: Vec<&str> = deletes.iter().map(String::as_str).collect();
        rows.commit(batch(Some(mark(round - 1)), mark(round), puts, &deletes)).await.unwrap();
        for _ in 0..20 {
            let select = any_select(&mut rng, &edges);
            let expected = model(&table, &select);
            let found = selected(&rows, select.clone()).await;
            assert_eq!(found, expected, "seed {seed}, round {round}: {select:?}");
            let count = rows.count(VIEW, select.conditions.clone()).await.unwrap();
            let all = model(&table, &Select { limit: None, ..select }).len();
            assert_eq!(count, all, "seed {seed}, round {round}");
        }
    }
}

fn any_select(rng: &mut Rng, edges: &[Vec<Value>; 4]) -> Select {
    let conditions = (0..rng.usize(..4)).map(|_| any_condition(rng, edges, 2)).collect();
    let sorts = (0..rng.usize(..4))
        .map(|_| Sort { column: rng.usize(..4), descending: rng.bool() })
        .collect();
    let limit = rng.bool().then(|| rng.usize(..30));
    Select { conditions, sorts, limit }
}

fn any_condition(rng: &mut Rng, edges: &[Vec<Value>; 4], depth: usize) -> Condition {
    let parts =
        |rng: &mut Rng| (0..rng.usize(..4)).map(|_| any_condition(rng, edges, depth - 1)).collect();
    match rng.usize(..if depth == 0 { 1 } else { 4 }) {
        2 => Condition::All(parts(rng)),
        3 => Condition::Any(parts(rng)),
        _ => {
            let column = rng.usize(..4);
            let value = rng.choice(&edges[column]).unwrap().clone();
            let comparison = *rng.choice(&COMPARISONS).unwrap();
            Condition::Compare { column, comparison, value }
        }
    }
}

/// Thousands of conditions in one list, of one kind or several.
pub async fn a_filter_may_be_long<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let puts = (0..10).map(|number| numbered(&number.to_string(), number));
    rows.commit(batch(None, mark(1), puts, &[])).await.unwrap();
    let compare =
        |comparison, value| Condition::Compare { column: 2, comparison, value: Value::Uint(value) };
    let equal: Vec<_> = (5..5_000).map(|value| compare(Comparison::Eq, value)).collect();
    let null = Condition::Compare { column: 2, comparison: Comparison::Eq, value: Value::Null };
    let mixed = equal.iter().cloned().chain([compare(Comparison::Lt, 2), null]).collect();
    let unequal = (5..5_000).map(|value| compare(Comparison::Ne, value)).collect();
    for (condition, count) in
        [(Condition::Any(equal), 5), (Condition::Any(mixed), 7), (Condition::All(unequal), 5)]
    {
        assert_eq!(rows.count(VIEW, vec![condition]).await.unwrap(), count);
    }
}
