//! The indexes give what a look at every row gives.

use std::borrow::Cow;
use std::cell::Cell;

use factum_core::projection::Sources;
use factum_core::store::{LogId, Mark, Position};
use factum_core::view::{
    ColumnSpec, Comparison, Condition, Row, RowBatch, RowChanges, RowStore, Select, Sort, Value,
    ValueKind,
};
use factum_core::{BadId, Projection, codec};
use factum_stores::MemoryRowStore;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::super::spec;
use super::table::Table;

thread_local! {
    /// How many rows queries of this thread have looked at.
    pub(super) static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Thing {
    key: String,
    flag: Option<bool>,
    size: Option<u64>,
    name: Option<String>,
}

impl Projection for Thing {
    const NAME: &'static str = "things";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[
        ColumnSpec { name: "flag", kind: ValueKind::Bool },
        ColumnSpec { name: "size", kind: ValueKind::Uint },
        ColumnSpec { name: "name", kind: ValueKind::Text },
    ];
    fn key(&self) -> Cow<'_, str> {
        (&self.key).into()
    }
    fn form() -> codec::Form<Self> {
        codec::Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        key.clone_into(&mut self.key);
        Ok(())
    }
    fn values(&self, out: &mut Vec<Value>) {
        out.push(self.flag.map_or(Value::Null, Value::Bool));
        out.push(self.size.map_or(Value::Null, Value::Uint));
        out.push(self.name.clone().map_or(Value::Null, Value::Text));
    }
    fn sources(_: &mut Sources<Self>) {}
}

fn any_thing(rng: &mut Rng) -> Thing {
    let some = |rng: &mut Rng| rng.u8(..8) > 0;
    Thing {
        key: format!("k{}", rng.u8(..60)),
        flag: some(rng).then(|| rng.bool()),
        size: some(rng).then(|| u64::MAX - rng.u64(..12)),
        name: some(rng).then(|| rng.choice(["", "a", "b", "é", "aa"]).unwrap().to_owned()),
    }
}

fn any_value(rng: &mut Rng, column: usize) -> Value {
    let mut values = Vec::new();
    any_thing(rng).values(&mut values);
    values.swap_remove(column)
}

fn any_condition(rng: &mut Rng, depth: u32) -> Condition {
    const COMPARISONS: [Comparison; 6] = [
        Comparison::Eq,
        Comparison::Ne,
        Comparison::Lt,
        Comparison::Le,
        Comparison::Gt,
        Comparison::Ge,
    ];
    let some = |rng: &mut Rng| (0..rng.u8(..3)).map(|_| any_condition(rng, depth - 1)).collect();
    match rng.u8(..if depth == 0 { 1 } else { 5 }) {
        3 => Condition::All(some(rng)),
        4 => Condition::Any(some(rng)),
        _ => {
            let column = rng.usize(..3);
            let comparison = *rng.choice(&COMPARISONS).unwrap();
            Condition::Compare { column, comparison, value: any_value(rng, column) }
        }
    }
}

fn any_select(rng: &mut Rng) -> Select {
    let conditions = (0..rng.u8(..4)).map(|_| any_condition(rng, 2)).collect();
    let sort = |rng: &mut Rng| Sort { column: rng.usize(..3), descending: rng.bool() };
    let sorts = (0..rng.u8(..3)).map(|_| sort(rng)).collect();
    Select { conditions, sorts, limit: rng.bool().then(|| rng.usize(..20)) }
}

#[tokio::test]
async fn queries_agree_with_a_plain_store() {
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let (mut table, plain) = (Table::<Thing>::new(), MemoryRowStore::new());
        let mut from = None;
        plain.open(spec::<Thing>()).await.unwrap();
        for round in 1..=12 {
            let thing = any_thing(&mut rng);
            let things: Vec<Thing> = (0..rng.u8(..9)).map(|_| any_thing(&mut rng)).collect();
            let puts: Vec<Row> = things.iter().chain([&thing]).map(row).collect();
            for thing in things.into_iter().chain([thing]) {
                table.put(thing.key.clone(), thing);
            }
            let deletes: Vec<_> = (0..rng.u8(..5)).map(|_| any_thing(&mut rng).key).collect();
            deletes.iter().for_each(|key| table.take(key));
            let start = Mark::start(LogId::from_bytes([1; 16]));
            let to = Mark { position: Position::new(round), ..start };
            let rows = RowChanges { puts, deletes };
            let batch = RowBatch { rows, ..RowBatch::new(spec::<Thing>(), from, to) };
            plain.commit(batch).await.unwrap();
            from = Some(to);
            if rng.bool() {
                continue;
            }
            table.refresh();
            for _ in 0..60 {
                let select = any_select(&mut rng);
                let bodies = plain.select(spec::<Thing>(), select.clone()).await.unwrap();
                let expected: Vec<Thing> =
                    bodies.iter().map(|body| codec::read_json(body).unwrap()).collect();
                assert_eq!(table.select(&select), expected, "seed {seed}: {select:?}");
                let conditions = select.conditions.clone();
                let count = plain.count(spec::<Thing>(), conditions.clone()).await.unwrap();
                assert_eq!(table.count(&conditions), count, "seed {seed}: {select:?}");
            }
        }
    }
}

fn row(thing: &Thing) -> Row {
    let (mut body, mut values) = (Vec::new(), Vec::new());
    codec::write_json(thing, &mut body).unwrap();
    thing.values(&mut values);
    Row { key: thing.key.clone(), values, body: body.into() }
}

/// Walks over a table of which only a few rows are wanted, counting those that are looked at.
#[test]
fn an_index_serves_where_one_fits() {
    let mut table = Table::<Thing>::new();
    for number in 0..10_000_u64 {
        let key = format!("{number:05}");
        let name = Some((number / 10).to_string());
        table.put(key.clone(), Thing { key, flag: Some(true), size: Some(number), name });
    }
    table.refresh();
    let compare = |column, comparison, value| Condition::Compare { column, comparison, value };
    let size = |comparison, size| compare(1, comparison, Value::Uint(size));
    let flag = compare(0, Comparison::Eq, Value::Bool(true));
    let name = compare(2, Comparison::Eq, Value::Text("7".to_owned()));
    let by_size = vec![Sort { column: 1, descending: true }];
    let select = |conditions: &[Condition], sorts: &[Sort], limit| Select {
        conditions: conditions.to_vec(),
        sorts: sorts.to_vec(),
        limit,
    };
    // Each query, how many rows it gives, and how many it may look at.
    let queries = [
        (select(&[size(Comparison::Ge, 9_990)], &[], None), 10, 10),
        (select(&[size(Comparison::Gt, 5), size(Comparison::Le, 7)], &[], None), 2, 2),
        (select(&[name.clone(), flag.clone()], &[], None), 10, 10),
        (select(&[name], &by_size, Some(3)), 3, 10),
        (select(&[], &by_size, Some(3)), 3, 3),
        (select(&[flag], &by_size, Some(3)), 3, 3),
        (select(&[size(Comparison::Lt, 100)], &by_size, Some(3)), 3, 3),
        (select(&[size(Comparison::Gt, 7), size(Comparison::Lt, 7)], &[], None), 0, 0),
        (select(&[], &[], Some(5)), 5, 5),
    ];
    for (select, given, looked_at) in queries {
        LOOKED_AT.set(0);
        assert_eq!(table.select(&select).len(), given, "{select:?}");
        let looked = LOOKED_AT.get();
        assert!(looked <= looked_at, "{looked} rows for {select:?}");
    }
}
