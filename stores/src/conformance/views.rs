//! Rows that change with their events: all or nothing, each event once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use factum_core::store::{Commit, EventStore, Expected, Mark, Outcome, Query, Recorded};
use factum_core::view::{
    ColumnSpec, InlineRows, Row, RowBatch, RowChanges, RowStore, Select, Value, ValueKind, ViewId,
    ViewSpec,
};

use super::Subject;
use super::following::at_once;
use super::making::{accepted, append, commit, conflict, event, one, read, refused, write};

/// How many events each stream has, and where the last of them stands.
const COUNTS: ViewSpec = ViewSpec::new(
    ViewId::new("counts", 1),
    &[
        ColumnSpec { name: "events", kind: ValueKind::Uint },
        ColumnSpec { name: "last", kind: ValueKind::Uint },
    ],
);

/// How a view is carried.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Carried {
    /// As it should be.
    Well,
    /// Its rows lack a value.
    Short,
    /// It cannot take the events in.
    Failing,
}

#[derive(Debug)]
struct Counts(Query, Carried);

impl InlineRows for Counts {
    fn view(&self) -> ViewSpec {
        COUNTS
    }

    fn query(&self) -> &Query {
        &self.0
    }

    fn keys(&self, events: &[Recorded]) -> Option<Vec<String>> {
        let keys: BTreeSet<&str> = events.iter().map(|event| event.at.id()).collect();
        Some(keys.into_iter().map(str::to_owned).collect())
    }

    fn change(
        &self,
        events: &[Recorded],
        rows: Vec<(String, Option<Bytes>)>,
    ) -> Option<RowChanges> {
        let row = |(key, body): (String, Option<Bytes>)| {
            let mine = || events.iter().filter(|event| event.at.id() == key);
            let before = body.map_or(0, |body| count_in(&body).0);
            let last = mine().last().map_or(0, |event| event.at.position.number());
            row(&key, before + mine().count() as u64, last)
        };
        let mut puts: Vec<Row> = rows.into_iter().map(row).collect();
        if self.1 == Carried::Short {
            puts.iter_mut().for_each(|row| row.values.clear());
        }
        let changes = RowChanges { puts, ..RowChanges::default() };
        (self.1 != Carried::Failing).then_some(changes)
    }
}

fn row(key: &str, events: u64, last: u64) -> Row {
    let values = vec![Value::Uint(events), Value::Uint(last)];
    Row { key: key.to_owned(), values, body: format!("{events} {last}").into() }
}

fn count_in(body: &[u8]) -> (u64, u64) {
    let (events, last) = std::str::from_utf8(body).unwrap().split_once(' ').unwrap();
    (events.parse().unwrap(), last.parse().unwrap())
}

fn carrying(commit: Commit, carried: Carried) -> Commit {
    let counts: Arc<dyn InlineRows> = Arc::new(Counts(Query::context("thing"), carried));
    Commit { views: vec![counts], ..commit }
}

fn counted(commit: Commit) -> Commit {
    carrying(commit, Carried::Well)
}

/// The store, and its rows with the view opened; nothing if it cannot do this.
async fn open<S: Subject>(subject: &S) -> Option<(Arc<dyn EventStore>, Arc<dyn RowStore>)> {
    let store = subject.store();
    if !store.capabilities().inline_views {
        return None;
    }
    let rows = store.rows().expect("a store that changes rows with events keeps rows");
    rows.open(COUNTS).await.unwrap();
    Some((store, rows))
}

/// A commit that carries the view, whatever the store can do.
pub(super) fn with_view() -> Commit {
    counted(one("d", Expected::Any))
}

async fn counts(rows: &dyn RowStore, id: &str) -> Option<(u64, u64)> {
    let bodies = rows.load(COUNTS, vec![id.to_owned()]).await.unwrap();
    bodies[0].as_ref().map(|body| count_in(body))
}

async fn checkpoint(rows: &dyn RowStore) -> Option<Mark> {
    rows.slices(COUNTS).await.unwrap()[0].checkpoint
}

/// Asserts that each row is what the events of its stream come to, up to the checkpoint.
async fn assert_agree(store: &dyn EventStore, rows: &dyn RowStore) {
    let to = checkpoint(rows).await.map_or(0, |mark| mark.position.number());
    let mut wanted = BTreeMap::new();
    for event in read(store, &Query::context("thing")).await {
        if event.at.position.number() <= to {
            let (events, last) = wanted.entry(event.at.id().to_owned()).or_insert((0, 0));
            (*events, *last) = (*events + 1, event.at.position.number());
        }
    }
    let bodies = rows.select(COUNTS, Select::default()).await.unwrap();
    let found: Vec<_> = bodies.iter().map(|body| count_in(body)).collect();
    assert_eq!(found, wanted.into_values().collect::<Vec<_>>());
}

/// Events and rows come together, and the checkpoint with them; the rows know where the events stand.
pub async fn rows_change_with_their_events<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    for round in 1..=4_u64 {
        let receipt = accepted(&*store, counted(commit([write("a", Expected::Any, 3)]))).await;
        assert_eq!(receipt.views, [COUNTS.id]);
        let position = receipt.mark.position.number();
        assert_eq!(counts(&*rows, "a").await, Some((3 * round, position)));
        assert_eq!(checkpoint(&*rows).await, Some(receipt.mark));
    }
    assert_agree(&*store, &*rows).await;
}

/// The rows of a run are those after its last commit.
pub async fn each_commit_of_a_run_changes_its_rows<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    let run = ["a", "b", "a", "a"].map(|id| counted(commit([write(id, Expected::Any, 2)])));
    let outcomes: Vec<Outcome> = store.append(run.into()).await.unwrap();
    for outcome in outcomes {
        assert_eq!(outcome.unwrap().views, [COUNTS.id]);
    }
    assert_eq!(counts(&*rows, "a").await.unwrap().0, 6);
    assert_eq!(counts(&*rows, "b").await.unwrap().0, 2);
    assert_agree(&*store, &*rows).await;
}

/// A commit that is refused changes no row.
pub async fn a_refused_commit_changes_no_row<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    let first = accepted(&*store, counted(one("a", Expected::NoStream))).await;
    let before = counts(&*rows, "a").await;
    conflict(&*store, counted(one("a", Expected::NoStream))).await;
    refused(&*store, counted(Commit { writes: Vec::new(), ..one("a", Expected::Any) })).await;
    let run = vec![counted(one("a", Expected::Revision(7))), counted(one("a", Expected::Any))];
    assert!(store.append(run).await.unwrap().iter().all(Result::is_err));
    assert_eq!(counts(&*rows, "a").await, before);
    assert_eq!(checkpoint(&*rows).await, Some(first.mark));
    assert_agree(&*store, &*rows).await;
}

/// A commit that is sent again changes no row a second time, also within its run.
pub async fn a_known_key_changes_no_row<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    let sent = counted(one("a", Expected::NoStream));
    let first = accepted(&*store, sent.clone()).await;
    accepted(&*store, counted(one("b", Expected::Any))).await;
    for _ in 0..2 {
        let again = accepted(&*store, sent.clone()).await;
        assert_eq!((again.mark, again.repeated, again.views), (first.mark, true, Vec::new()));
    }
    let twice = counted(one("c", Expected::Any));
    let outcomes = store.append(vec![twice.clone(), twice]).await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    for id in ["a", "b", "c"] {
        assert_eq!(counts(&*rows, id).await.unwrap().0, 1, "{id}");
    }
    assert_agree(&*store, &*rows).await;
}

/// Where an event before it is missing in the rows, a commit leaves them and the checkpoint alone, until
/// somebody has taken it in. Events that do not concern the view are not missing.
pub async fn what_is_missing_keeps_rows_as_they_are<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    let other = || {
        let mut commit = one("elsewhere", Expected::Any);
        commit.writes[0].events = vec![event("other.happened")];
        commit
    };
    accepted(&*store, other()).await;
    let first = accepted(&*store, counted(one("a", Expected::Any))).await;
    assert_eq!(first.views, [COUNTS.id]);
    accepted(&*store, other()).await;
    let second = accepted(&*store, counted(one("a", Expected::Any))).await;
    assert_eq!(second.views, [COUNTS.id]);

    accepted(&*store, one("b", Expected::Any)).await;
    let third = accepted(&*store, counted(one("a", Expected::Any))).await;
    assert_eq!(third.views, []);
    assert_eq!(counts(&*rows, "a").await, Some((2, second.mark.position.number())));
    assert_eq!(checkpoint(&*rows).await, Some(second.mark));

    let last = third.mark.position.number();
    let puts = vec![row("a", 3, last), row("b", 1, last - 1)];
    let changes = RowChanges { puts, ..RowChanges::default() };
    let caught_up = RowBatch::new(COUNTS, Some(second.mark), third.mark);
    rows.commit(RowBatch { rows: changes, ..caught_up }).await.unwrap();
    let fourth = accepted(&*store, counted(one("a", Expected::Any))).await;
    assert_eq!(fourth.views, [COUNTS.id]);
    assert_eq!(counts(&*rows, "a").await.unwrap().0, 4);
    assert_agree(&*store, &*rows).await;
}

/// While events of a view are parked, which later ones may have to wait behind, commits leave it alone.
pub async fn what_is_parked_keeps_rows_as_they_are<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    let first = accepted(&*store, counted(one("a", Expected::Any))).await;
    let values = vec![Value::Text("a".into()), Value::Uint(1), Value::Uint(0)];
    let parked = Row { key: "1".into(), values, body: "{}".into() };
    let parked = RowChanges { puts: vec![parked], ..RowChanges::default() };
    let mark = Some(first.mark);
    rows.commit(RowBatch { parked, ..RowBatch::new(COUNTS, mark, first.mark) }).await.unwrap();
    let second = accepted(&*store, counted(one("b", Expected::Any))).await;
    assert_eq!((second.views, counts(&*rows, "b").await), (Vec::new(), None));
    assert_eq!(checkpoint(&*rows).await, mark);
}

/// Events are stored whatever is wrong with the view: it cannot take them in, has rows without values,
/// or is not there.
pub async fn a_view_fails_no_commit<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    let first = accepted(&*store, counted(one("a", Expected::Any))).await;
    for carried in [Carried::Failing, Carried::Short] {
        let receipt = accepted(&*store, carrying(one("a", Expected::Exists), carried)).await;
        assert_eq!(receipt.views, []);
        assert_eq!(checkpoint(&*rows).await, Some(first.mark), "{carried:?}");
        assert_agree(&*store, &*rows).await;
    }
    rows.drop_view(COUNTS.id).await.unwrap();
    let receipt = accepted(&*store, counted(one("a", Expected::Exists))).await;
    assert_eq!((receipt.views, receipt.writes[0].last), (Vec::new(), 3));
}

/// From when a building is announced that comes in the place of another, commits of whoever does not know
/// of it leave the rows of that one alone, also once it is there; and no longer if it does not come. Where
/// one process alone writes to the log, that process knows.
pub async fn a_building_that_is_replaced_is_left_alone<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    if store.capabilities().single_writer {
        return;
    }
    let next = ViewId { build: 1, ..COUNTS.id };
    rows.promote(COUNTS.id).await.unwrap();
    rows.open(ViewSpec { id: next, ..COUNTS }).await.unwrap();
    let changes = async || {
        let receipt = accepted(&*store, counted(one("a", Expected::Any))).await;
        let is_moved = checkpoint(&*rows).await == Some(receipt.mark);
        assert_eq!(is_moved, receipt.views == [COUNTS.id]);
        is_moved
    };
    // What was left out is taken in as by whoever follows the log.
    let catch_up = async || {
        let (from, to) = (checkpoint(&*rows).await, store.head().await.unwrap());
        rows.commit(RowBatch::new(COUNTS, from, to)).await.unwrap();
    };
    assert!(changes().await, "nobody knows of another");
    rows.announce(next, true).await.unwrap();
    assert!(!changes().await, "another comes");
    catch_up().await;
    rows.announce(next, false).await.unwrap();
    assert!(changes().await, "it does not come");
    rows.announce(next, true).await.unwrap();
    rows.promote(next).await.unwrap();
    catch_up().await;
    assert!(!changes().await, "another is there");
    catch_up().await;
    rows.promote(COUNTS.id).await.unwrap();
    assert!(changes().await, "it is back");
    rows.announce(next, true).await.unwrap();
    rows.drop_view(next).await.unwrap();
    assert!(changes().await, "the other was taken out");
}

/// Of many who write at once each changes its rows, or leaves them to be changed.
pub async fn writers_at_once_count_each_event_once<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    at_once(16, |writer| {
        let store = Arc::clone(&store);
        async move {
            for round in 0..10 {
                let id = if round % 2 == 0 { "shared".to_owned() } else { writer.to_string() };
                let commit = counted(commit([write(id, Expected::Any, 2)]));
                assert_eq!(accepted(&*store, commit).await.views, [COUNTS.id]);
            }
        }
    })
    .await;
    assert_eq!(counts(&*rows, "shared").await.unwrap().0, 16 * 5 * 2);
    assert_agree(&*store, &*rows).await;
}

/// A store that ended at any moment has the rows of the events that it has.
pub async fn rows_survive_a_crash_with_their_events<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let Some((store, rows)) = open(&subject).await else { return };
    for _ in 0..20 {
        accepted(&*store, counted(commit([write("a", Expected::Any, 2)]))).await;
    }
    // Nobody waits for this one.
    let sent = Arc::clone(&store);
    let unanswered = tokio::spawn(async move {
        append(&*sent, counted(commit([write("a", Expected::Any, 50)]))).await
    });
    tokio::task::yield_now().await;
    unanswered.abort();
    drop(unanswered.await);
    drop((store, rows));
    let Some(subject) = subject.crash().await else { return };
    let store = subject.store();
    let rows = store.rows().unwrap();
    assert_agree(&*store, &*rows).await;
    let head = store.head().await.unwrap();
    assert_eq!(checkpoint(&*rows).await, Some(head), "no event is without its row");
}
