//! Rule 7: a tail goes from catch-up to live without a gap or a repeat.

use std::sync::Arc;

use factum_core::store::{EventStore, Expected, Mark, Query, Range, Tailed};
use tokio::sync::watch;

use super::Subject;
use super::following::{Acknowledged, acknowledges, assert_saw, at_once, next, tail_beside, until};
use super::making::{accepted, commit, of_stream, one, one_tagged, page, read, tags, write};

async fn write_at_once(store: &Arc<dyn EventStore>, writers: usize) -> Acknowledged {
    let acknowledged = at_once(writers, |writer| {
        let store = Arc::clone(store);
        async move {
            let mut acknowledged = Vec::new();
            for _ in 0..20 {
                let commit = commit([write(writer % 5, Expected::Any, 2)]);
                acknowledged.push(acknowledges(&accepted(&*store, commit).await));
            }
            acknowledged
        }
    });
    acknowledged.await.into_iter().flatten().collect()
}

/// Tails that begin while the writers write see all of it once: those who begin at the beginning,
/// and those who go on from a mark.
pub async fn a_tail_goes_from_catch_up_to_live<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let (done, watch) = watch::channel(None);
    let mut acknowledged = write_at_once(&store, 16).await;
    let middle = store.head().await.unwrap();
    let early = tail_beside(&*store, Query::All, None, watch.clone());
    let (more, joined) = tokio::join!(write_at_once(&store, 32), async {
        let mut tails = Vec::new();
        for _ in 0..8 {
            tails.push(tail_beside(&*store, Query::All, None, watch.clone()));
            tokio::task::yield_now().await;
        }
        tails
    });
    let late = tail_beside(&*store, Query::All, Some(middle), watch);
    acknowledged.extend(more.iter().copied());
    done.send_replace(acknowledged.iter().map(|(_, position)| *position).max());
    assert_saw("the tail from before", &early.await.unwrap(), &acknowledged);
    for tail in joined {
        assert_saw("a tail from within", &tail.await.unwrap(), &acknowledged);
    }
    assert_saw("the tail from the mark", &late.await.unwrap(), &more);
}

/// A tail that has seen all waits, and is woken by the next append.
pub async fn a_tail_is_woken<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let mut tail = store.tail(Query::All, None);
    for _ in 0..50 {
        let receipt = accepted(&*store, one("a", Expected::Any)).await;
        let seen = until(&mut tail, receipt.mark.position).await;
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].at.mark(), receipt.mark);
    }
}

/// A tail on an empty log says so, so that a wait for its end does not hang.
pub async fn a_tail_of_an_empty_log_waits<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let head = store.head().await.unwrap();
    assert_eq!(head, Mark::start(head.log));
    let mut tail = store.tail(Query::All, None);
    assert!(matches!(next(&mut tail).await, Tailed::Progress(mark) if mark == head));
    let mut from_start = store.tail(Query::All, Some(head));
    let receipt = accepted(&*store, one("a", Expected::Any)).await;
    assert_eq!(until(&mut tail, receipt.mark.position).await.len(), 1);
    assert_eq!(until(&mut from_start, receipt.mark.position).await.len(), 1);
}

/// A tail on which nothing matches says how far it has looked.
pub async fn a_filtered_tail_gives_progress<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let nothing = [
        Query::context("nothing"),
        of_stream("nobody"),
        Query::tagged(tags(&["no:tag"])),
        Query::AnyOf(vec![]),
    ];
    let mut tails: Vec<_> = nothing.into_iter().map(|query| store.tail(query, None)).collect();
    for _ in 0..5 {
        let receipt = accepted(&*store, one("a", Expected::Any)).await;
        for tail in &mut tails {
            // Returns once the tail has come so far; a tail that keeps silent hangs here.
            assert!(until(tail, receipt.mark.position).await.is_empty());
        }
    }
}

/// A tail yields what its query means, and nothing else.
pub async fn a_filtered_tail_yields_what_matches<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let queries = [of_stream(1), Query::tagged(tags(&["even:yes"])), Query::context("thing")];
    let mut tails: Vec<_> = queries.iter().map(|query| store.tail(query.clone(), None)).collect();
    let mut newest = store.head().await.unwrap();
    for round in 0..60 {
        let even = if round % 2 == 0 { "even:yes" } else { "even:no" };
        newest = accepted(&*store, one_tagged(round % 3, &[even])).await.mark;
    }
    for (tail, query) in tails.iter_mut().zip(&queries) {
        let seen = until(tail, newest.position).await;
        assert_eq!(seen, read(&*store, query).await, "a tail of {query}");
    }
}

/// A consumer can go on from each mark that it was ever given: of an event, of progress, of a page,
/// of a receipt.
pub async fn a_tail_resumes_from_each_mark<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let query = of_stream(1);
    let mut marks = vec![store.head().await.unwrap()];
    for round in 0..20 {
        let receipt = accepted(&*store, commit([write(round % 2, Expected::Any, 2)])).await;
        marks.extend([receipt.mark, page(&*store, &query, Range::ALL).await.complete_to]);
    }
    let end = store.head().await.unwrap().position;
    let mut tail = store.tail(query.clone(), None);
    while marks.last().is_none_or(|mark| mark.position < end) {
        match next(&mut tail).await {
            Tailed::Events(events) => marks.extend(events.iter().map(|event| event.at.mark())),
            Tailed::Progress(mark) => marks.push(mark),
        }
    }
    let all = read(&*store, &query).await;
    for mark in marks {
        let rest: Vec<_> = all.iter().filter(|e| e.at.position > mark.position).cloned().collect();
        let seen = until(&mut store.tail(query.clone(), Some(mark)), end).await;
        assert_eq!(seen, rest, "from {mark}");
    }
}

/// A consumer that stops and goes on again and again, beside writers, misses and repeats nothing.
pub async fn a_consumer_may_restart<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let (done, watch) = watch::channel(None);
    let consumer = tokio::spawn({
        let store = subject.store();
        async move {
            let (mut seen, mut mark): (Vec<_>, Option<Mark>) = (Vec::new(), None);
            loop {
                let end = *watch.borrow();
                if end.is_some_and(|end| mark.is_some_and(|mark| mark.position >= end)) {
                    return seen;
                }
                match next(&mut store.tail(Query::All, mark)).await {
                    Tailed::Events(events) => {
                        mark = events.last().map(|event| event.at.mark());
                        seen.extend(events);
                    }
                    Tailed::Progress(progress) => mark = Some(progress),
                }
            }
        }
    });
    let mut acknowledged = write_at_once(&store, 32).await;
    // What the consumer waits for even if it has seen all of the above.
    acknowledged.push(acknowledges(&accepted(&*store, one("last", Expected::Any)).await));
    done.send_replace(acknowledged.iter().map(|(_, position)| *position).max());
    accepted(&*store, one("woken", Expected::Any)).await;
    let mut seen = consumer.await.unwrap();
    seen.retain(|event| event.at.stream.id() != "woken");
    assert_saw("a consumer that restarts", &seen, &acknowledged);
}

/// A tail that nobody polls holds nobody up, and has missed nothing when it is polled again.
pub async fn a_slow_tail_misses_nothing<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    accepted(&*store, one("a", Expected::Any)).await;
    let mut tail = store.tail(Query::All, None);
    next(&mut tail).await;
    let mut newest = store.head().await.unwrap();
    for _ in 0..20 {
        newest = accepted(&*store, commit([write("a", Expected::Any, 500)])).await.mark;
    }
    let revisions = until(&mut tail, newest.position).await;
    assert!(revisions.iter().map(|event| event.at.revision).eq(1..10_001));
}
