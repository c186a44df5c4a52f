//! What reads give: every kind of query, in either direction, in pages of any size.

use factum_core::EventName;
use factum_core::store::{
    Clause, Direction, EventStore, Expected, Position, Query, Range, Recorded, StreamWrite,
};

use super::Subject;
use super::making::{accepted, commit, of_stream, read, stream, tagged, tags};

/// Appends events that differ in stream, name and tags.
async fn fill(store: &dyn EventStore) -> Vec<Recorded> {
    let kinds: [(&str, &'static str, &[&str]); 12] = [
        ("a", "thing.made", &[]),
        ("a", "thing.moved", &["room:1"]),
        ("b", "thing.made", &["room:1", "seat:2"]),
        ("b", "other.made", &["room:1"]),
        ("a", "thing.part.made", &["seat:2"]),
        ("a-1", "thing.moved", &["room:2"]),
        ("a", "other.moved", &["room:12"]),
        ("c", "thing.made", &["seat:2", "room:2"]),
        ("c", "things.made", &["room:1", "seat:1", "row:3"]),
        ("a", "thing.moved", &["room:1"]),
        ("b", "thing.part.moved", &["room:2"]),
        ("a", "thing.made", &["roo:m1", "room:11"]),
    ];
    for (id, name, with) in kinds {
        let events = vec![tagged(name, with)];
        let write = StreamWrite { stream: stream(id), expected: Expected::Any, events };
        accepted(store, commit([write])).await;
    }
    read(store, &Query::All).await
}

fn queries() -> Vec<Query> {
    let name = EventName::fixed;
    let clause = |contexts: &[&str], names: &[&'static str], with: &[&str]| Clause {
        contexts: contexts.iter().map(|context| (*context).to_owned()).collect(),
        names: names.iter().copied().map(name).collect(),
        tags: tags(with),
    };
    vec![
        Query::All,
        of_stream("a"),
        of_stream("b"),
        of_stream("nobody"),
        Query::AnyOf(vec![]),
        Query::AnyOf(vec![Clause::default()]),
        Query::context("thing"),
        Query::context("thing.part"),
        Query::context("nothing"),
        Query::names([name("thing.made")]),
        Query::names([name("thing.made"), name("other.moved"), name("no.such")]),
        Query::tagged(tags(&["room:1"])),
        Query::tagged(tags(&["room:1", "seat:2"])),
        Query::tagged(tags(&["room:1", "seat:9"])),
        Query::AnyOf(vec![clause(&["thing"], &["other.made"], &["room:1"])]),
        Query::AnyOf(vec![clause(&["thing", "thing.part"], &[], &[])]),
        Query::AnyOf(vec![
            clause(&[], &["thing.made"], &["seat:2"]),
            clause(&["other"], &[], &[]),
            clause(&[], &[], &["room:2"]),
        ]),
        // Two clauses that mean the same events: each comes once.
        Query::AnyOf(vec![clause(&["thing"], &[], &[]), clause(&[], &["thing.made"], &[])]),
    ]
}

/// Every kind of query, range, direction and limit, against a filter over the whole log.
pub async fn every_kind_of_read_is_right<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let log = fill(&*store).await;
    assert_eq!(log.len(), 12);
    let at = |number: usize| log[number].at.position;
    let ranges = [
        Range::ALL,
        Range::after(at(0)),
        Range::after(at(5)),
        Range::after(at(11)),
        Range::ALL.through(at(4)),
        Range::after(at(2)).through(at(8)),
        Range::after(at(8)).through(at(2)),
        Range::from_revision(1),
        Range::from_revision(2).through(at(9)),
        Range::since(log[3].at.mark()),
    ];
    for query in queries() {
        for range in ranges {
            let wanted: Vec<&Recorded> = log
                .iter()
                .filter(|event| query.matches(event))
                .filter(|event| range.contains(event.at.position, event.at.revision))
                .collect();
            for limit in [1, 2, 5, 100] {
                check(&*store, &query, range, limit, &wanted).await;
            }
        }
    }
}

pub(super) async fn check(
    store: &dyn EventStore,
    query: &Query,
    range: Range,
    limit: usize,
    wanted: &[&Recorded],
) {
    let what = format!("{query}, {range:?}, in pages of {limit}");
    let head = store.head().await.unwrap();

    let (mut forward, mut left) = (Vec::new(), range);
    loop {
        let page = store.read(query.clone(), left, Direction::Forward, limit).await.unwrap();
        assert!(page.events.len() <= limit, "{what}");
        forward.extend(page.events);
        if !page.more {
            let end = range.through.map_or(head.position, |through| through.min(head.position));
            assert!(page.complete_to.position >= end.min(head.position), "{what}");
            break;
        }
        assert!(page.complete_to.position > left.after, "{what}: a page gets somewhere");
        left = Range { after: page.complete_to.position, ..left };
    }
    assert!(forward.iter().eq(wanted.iter().copied()), "{what}, forward");

    let (mut backward, mut left) = (Vec::new(), range);
    loop {
        let page = store.read(query.clone(), left, Direction::Backward, limit).await.unwrap();
        assert!(page.events.len() <= limit, "{what}");
        assert_eq!(page.complete_to, head, "{what}: the end of the log");
        let oldest = page.events.last().map(|event| event.at.position.number());
        backward.extend(page.events);
        match oldest {
            Some(oldest) if page.more => left = left.through(Position::new(oldest - 1)),
            _ => break,
        }
    }
    backward.reverse();
    assert!(backward.iter().eq(wanted.iter().copied()), "{what}, backward");
}

/// The newest event of a stream is one read of one event.
pub async fn the_newest_event_is_one_read<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let log = fill(&*store).await;
    for query in queries() {
        let page = store.read(query.clone(), Range::ALL, Direction::Backward, 1).await.unwrap();
        let newest = log.iter().rev().find(|event| query.matches(event));
        assert_eq!(page.events.first(), newest, "{query}");
    }
}

/// A read of a log without events says where it begins.
pub async fn an_empty_log_can_be_read<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    for query in queries() {
        for direction in [Direction::Forward, Direction::Backward] {
            let page = store.read(query.clone(), Range::ALL, direction, 10).await.unwrap();
            assert!(page.events.is_empty() && !page.more);
            assert_eq!(page.complete_to, store.head().await.unwrap());
        }
    }
}
