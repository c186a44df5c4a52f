use factum_core::store::Mark;
use factum_core::view::{
    ColumnSpec, Comparison, Condition, Row, RowBatch, RowChanges, RowStore, Select, Sort, Value,
    ValueKind, ViewError, ViewId, ViewSpec,
};
use factum_stores::SqliteStore;

use crate::common::{Log, append, commit_to, stream};

/// With columns that SQL would take for the table's own, or for one.
const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec { name: "cents", kind: ValueKind::Uint },
    ColumnSpec { name: "key", kind: ValueKind::Text },
    ColumnSpec { name: "order", kind: ValueKind::Int },
    ColumnSpec { name: "Cents", kind: ValueKind::Bool },
];
const VIEW: ViewSpec = ViewSpec::new(ViewId::new("a \"view\"", 1), COLUMNS);

fn values() -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    let large = i64::MAX.cast_unsigned();
    for cents in [0, 7, 10, large, large + 1, u64::MAX - 1, u64::MAX] {
        for text in [None, Some(""), Some("a"), Some("ä\0z")] {
            for order in [i64::MIN, -1, 0, i64::MAX] {
                let text = text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
                let flag = if order == 0 { Value::Null } else { Value::Bool(order < 0) };
                rows.push(vec![Value::Uint(cents), text, Value::Int(order), flag]);
            }
        }
    }
    rows
}

fn rows_of(values: &[Vec<Value>]) -> Vec<Row> {
    let row = |(n, values): (usize, &Vec<Value>)| {
        // Keys in another order than the rows.
        let key = format!("{:03}", n * 37 % 1000);
        Row { body: format!("{{\"row\":{n}}}").into(), key, values: values.clone() }
    };
    values.iter().enumerate().map(row).collect()
}

fn batch(from: Option<Mark>, to: Mark, puts: Vec<Row>) -> RowBatch {
    let rows = RowChanges { puts, ..RowChanges::default() };
    RowBatch { rows, ..RowBatch::new(VIEW, from, to) }
}

async fn filled(log: &Log) -> (SqliteStore, Vec<Row>, Mark) {
    let store = log.open();
    assert_eq!(store.open_view().await, None);
    let mark = append(&store, commit_to(stream(1), 1)).await.mark;
    let rows = rows_of(&values());
    store.commit(batch(None, mark, rows.clone())).await.unwrap();
    (store, rows, mark)
}

trait OpenView {
    async fn open_view(&self) -> Option<Mark>;
}
impl OpenView for SqliteStore {
    async fn open_view(&self) -> Option<Mark> {
        RowStore::open(self, VIEW).await.unwrap();
        self.slices(VIEW).await.unwrap()[0].checkpoint
    }
}

/// What the contract says that a query gives.
fn expected(rows: &[Row], select: &Select) -> Vec<String> {
    let body = |row: &Row| String::from_utf8(row.body.to_vec()).unwrap();
    select.apply(rows).into_iter().map(body).collect()
}

#[tokio::test]
async fn queries_mean_what_the_contract_says() {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let log = Log::new();
    let (store, rows, _) = filled(&log).await;
    let wanted = [
        (0, Value::Uint(10)),
        (0, Value::Uint(u64::MAX - 1)),
        (0, Value::Uint(i64::MAX.cast_unsigned())),
        (1, Value::Text("a".into())),
        (1, Value::Text("ä\0".into())),
        (1, Value::Null),
        (2, Value::Int(-1)),
        (3, Value::Bool(true)),
        (3, Value::Null),
        (9, Value::Null),
    ];
    let mut conditions = vec![Condition::All(vec![]), Condition::Any(vec![])];
    for (column, value) in wanted {
        for comparison in [Eq, Ne, Lt, Le, Gt, Ge] {
            conditions.push(Condition::Compare { column, comparison, value: value.clone() });
        }
    }
    for (n, one) in conditions.iter().enumerate() {
        let two = conditions[n * 7 % conditions.len()].clone();
        let selects = [
            vec![one.clone()],
            vec![one.clone(), two.clone()],
            vec![Condition::Any(vec![one.clone(), Condition::All(vec![two])])],
        ];
        for (m, conditions) in selects.into_iter().enumerate() {
            let sort = |column, descending| Sort { column, descending };
            let sorts = match (n + m) % 4 {
                0 => vec![],
                1 => vec![sort(0, true)],
                2 => vec![sort(1, false), sort(0, false)],
                _ => vec![sort(3, true), sort(2, true), sort(0, false)],
            };
            let limit = (n % 3 > 0).then_some(n * 2);
            let select = Select { conditions, sorts, limit };
            let found = store.select(VIEW, select.clone()).await.unwrap();
            let found: Vec<_> =
                found.iter().map(|body| String::from_utf8(body.to_vec()).unwrap()).collect();
            assert_eq!(found, expected(&rows, &select), "{select:?}");
            let count = store.count(VIEW, select.conditions.clone()).await.unwrap();
            let all = Select { limit: None, ..select };
            assert_eq!(count, expected(&rows, &all).len(), "{all:?}");
        }
    }
}

#[tokio::test]
async fn columns_whose_names_clash_are_told_apart() {
    const CLASHING: &[ColumnSpec] = &[
        ColumnSpec { name: "body_1", kind: ValueKind::Uint },
        ColumnSpec { name: "body", kind: ValueKind::Uint },
        ColumnSpec { name: "BODY", kind: ValueKind::Uint },
    ];
    let view = ViewSpec::new(ViewId::new("clashing", 1), CLASHING);
    let log = Log::new();
    let store = log.open();
    RowStore::open(&store, view).await.unwrap();
    let to = append(&store, commit_to(stream(1), 1)).await.mark;
    let row = |n: u64| {
        let values = [n, n + 10, n + 20].map(Value::Uint).to_vec();
        Row { key: n.to_string(), values, body: n.to_string().into() }
    };
    let rows = RowChanges { puts: vec![row(1), row(2)], ..RowChanges::default() };
    store.commit(RowBatch { rows, ..RowBatch::new(view, None, to) }).await.unwrap();
    for (column, value) in [(0, 2), (1, 12), (2, 22)] {
        let value = Value::Uint(value);
        let two = Condition::Compare { column, comparison: Comparison::Eq, value };
        let select = Select { conditions: vec![two], ..Select::default() };
        assert_eq!(store.select(view, select).await.unwrap(), ["2"]);
    }
}

#[tokio::test]
async fn rows_change_and_go() {
    let log = Log::new();
    let (store, rows, mark) = filled(&log).await;
    let mut change = batch(Some(mark), mark, vec![Row { body: "{}".into(), ..rows[0].clone() }]);
    change.rows.deletes = vec![rows[1].key.clone(), "never there".to_owned()];
    store.commit(change).await.unwrap();
    let keys = [2, 1, 0].map(|n: usize| rows[n].key.clone()).to_vec();
    let loaded = store.load(VIEW, keys).await.unwrap();
    assert_eq!(loaded, [Some(rows[2].body.clone()), None, Some("{}".into())]);
    assert_eq!(store.count(VIEW, vec![]).await.unwrap(), rows.len() - 1);
}

#[tokio::test]
async fn a_refused_batch_changes_nothing_and_hurts_nobody() {
    let log = Log::new();
    let (store, rows, mark) = filled(&log).await;
    let newer = append(&store, commit_to(stream(1), 1)).await.mark;
    let mut gone = batch(None, newer, vec![]);
    gone.rows.deletes = vec![rows[0].key.clone()];
    let mut short = batch(Some(mark), newer, vec![rows[1].clone(), rows[0].clone()]);
    short.rows.deletes = vec![rows[2].key.clone()];
    short.rows.puts[1].values.pop();
    let (fenced, bad, other) = tokio::join!(
        store.commit(gone),
        store.commit(short),
        append(&store, commit_to(stream(2), 1)),
    );
    match fenced {
        Err(ViewError::Fenced(fenced)) => {
            assert_eq!((fenced.expected, fenced.found), (None, Some(mark)));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(&bad, Err(ViewError::BadRow { key, .. }) if *key == rows[0].key), "{bad:?}");
    assert_eq!(other.mark.position.number(), 3);
    assert_eq!(store.count(VIEW, vec![]).await.unwrap(), rows.len());
    assert_eq!(store.open_view().await, Some(mark));
}

#[tokio::test]
async fn rows_and_checkpoint_are_there_again() {
    let log = Log::new();
    let (store, rows, mark) = filled(&log).await;
    store.close().await;
    let store = log.open();
    assert_eq!(store.open_view().await, Some(mark));
    assert_eq!(store.count(VIEW, vec![]).await.unwrap(), rows.len());

    let reader = log.open_read_only();
    assert_eq!(reader.open_view().await, Some(mark));
    let refused = RowStore::commit(&reader, batch(Some(mark), mark, vec![])).await;
    assert!(matches!(refused, Err(ViewError::Store { .. })), "{refused:?}");

    let other = ViewSpec { columns: &COLUMNS[1..], ..VIEW };
    let refused = RowStore::open(&store, other).await;
    assert!(matches!(refused, Err(ViewError::OtherColumns { .. })), "{refused:?}");
    // A new version has rows of its own.
    let next = ViewSpec { id: ViewId { version: 2, ..VIEW.id }, ..other };
    RowStore::open(&store, next).await.unwrap();
    assert_eq!(store.count(next, vec![]).await.unwrap(), 0);
    // SQL takes these for one name.
    let same = ViewSpec { id: ViewId::new("A \"View\"", 1), ..VIEW };
    let refused = RowStore::open(&store, same).await.unwrap_err();
    assert!(refused.to_string().contains("another name"), "{refused}");
}

#[tokio::test]
async fn views_of_an_older_file_are_gone_on_with() {
    let log = Log::new();
    let (store, rows, mark) = filled(&log).await;
    let empty = ViewSpec { id: ViewId::new("empty", 3), ..VIEW };
    RowStore::open(&store, empty).await.unwrap();
    store.close().await;
    log.without_slices();

    // Only read, it has no views: what the file has of them is not in the form that is known.
    let reader = log.open_read_only();
    let refused = RowStore::open(&reader, VIEW).await;
    assert!(matches!(refused, Err(ViewError::Store { .. })), "{refused:?}");
    assert_eq!(reader.builds(VIEW.id.name).await.unwrap(), []);

    let store = log.open();
    assert_eq!(store.open_view().await, Some(mark));
    assert_eq!(reader.count(VIEW, vec![]).await.unwrap(), rows.len());
    for view in [VIEW, empty] {
        let builds = store.builds(view.id.name).await.unwrap();
        assert!(matches!(&*builds, [build] if build.live && build.id == view.id), "{builds:?}");
        assert_eq!(store.count(view.parked(), vec![]).await.unwrap(), 0);
    }
    let newer = append(&store, commit_to(stream(1), 1)).await.mark;
    store.commit(batch(Some(mark), newer, vec![])).await.unwrap();
    assert_eq!(store.open_view().await, Some(newer));
}
