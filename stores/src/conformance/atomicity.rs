//! Rule 2: all or nothing.

use std::collections::HashMap;
use std::sync::Arc;

use factum_core::Key;
use factum_core::store::{Direction, EventStore, Expected, Query, Range, Recorded};
use tokio::sync::watch;

use super::Subject;
use super::following::at_once;
use super::making::{accepted, commit, conflict, of_stream, one, read, stream, write};

/// A commit of several streams of which one is not as expected leaves nothing in any of them.
pub async fn a_commit_that_fails_leaves_nothing<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().multi_stream {
        return;
    }
    accepted(&*store, one("b", Expected::NoStream)).await;
    let before = store.head().await.unwrap();
    for failing in 0..3 {
        let expects = |at| if at == failing { Expected::Revision(7) } else { Expected::Any };
        let writes =
            [write("a", expects(0), 2), write("b", expects(1), 1), write("c", expects(2), 3)];
        let commit = commit(writes);
        let key = commit.key;
        conflict(&*store, commit).await;
        assert_eq!(store.find(key, &stream("a")).await.unwrap(), None);
    }
    assert_eq!(store.head().await.unwrap(), before);
    assert_eq!(read(&*store, &Query::All).await.len(), 1);
    // Its revisions were not used up either.
    let receipt = accepted(&*store, one("a", Expected::NoStream)).await;
    assert_eq!(receipt.writes[0].first, 0);
}

/// A commit of several streams is stored in each of them, and its events stand together.
pub async fn a_commit_of_several_streams_is_one<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().multi_stream {
        return;
    }
    accepted(&*store, one("b", Expected::NoStream)).await;
    let writes = [
        write("a", Expected::NoStream, 2),
        write("b", Expected::Revision(0), 1),
        write("c", Expected::Any, 3),
    ];
    let receipt = accepted(&*store, commit(writes)).await;
    let ranges: Vec<_> = receipt.writes.iter().map(|w| (&w.stream, w.first, w.last)).collect();
    assert_eq!(ranges, [(&stream("a"), 0, 1), (&stream("b"), 1, 1), (&stream("c"), 0, 2)]);
    let events = read(&*store, &Query::All).await;
    let own: Vec<u32> = events[1..].iter().map(|event| event.at.index).collect();
    assert_eq!(own, [0, 1, 2, 3, 4, 5], "its events stand together, in its order");
    assert_eq!(events[6].at.mark(), receipt.mark);
    assert_eq!(read(&*store, &of_stream("c")).await.len(), 3);
}

/// Readers beside the writers see each commit whole.
pub async fn readers_see_no_part<S: Subject>(fresh: impl AsyncFn() -> S) {
    const EVENTS: usize = 6;
    let subject = fresh().await;
    let store = subject.store();
    let several = store.capabilities().multi_stream;
    let wide = move |writer: usize| {
        if several {
            let write = |part: &str| write(format!("{writer}-{part}"), Expected::Any, EVENTS / 2);
            commit([write("a"), write("b")])
        } else {
            commit([write(writer, Expected::Any, EVENTS)])
        }
    };
    let (done, watch) = watch::channel(false);
    let readers = [Direction::Forward, Direction::Backward]
        .map(|direction| tokio::spawn(watch_for_parts(subject.store(), direction, watch.clone())));
    at_once(16, |writer| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..20 {
                accepted(&*store, wide(writer)).await;
            }
        }
    })
    .await;
    done.send_replace(true);
    for reader in readers {
        reader.await.unwrap();
    }
    assert_whole(&read(&*store, &Query::All).await, EVENTS);

    async fn watch_for_parts(
        store: Arc<dyn EventStore>,
        direction: Direction,
        done: watch::Receiver<bool>,
    ) {
        while !*done.borrow() {
            let limit = 100_000;
            let page = store.read(Query::All, Range::ALL, direction, limit).await.unwrap();
            // A page that the store cut short may end inside a commit.
            if !page.more {
                assert_whole(&page.events, EVENTS);
            }
            tokio::task::yield_now().await;
        }
    }
}

fn assert_whole(events: &[Recorded], size: usize) {
    let mut sizes: HashMap<Key, usize> = HashMap::new();
    for event in events {
        *sizes.entry(event.at.key).or_default() += 1;
    }
    for (key, seen) in sizes {
        assert_eq!(seen, size, "a reader saw {seen} of {size} events of commit {key}");
    }
}

/// A limited read may end inside a commit; the next one goes on with the rest of it.
pub async fn a_limited_read_may_end_inside<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    for _ in 0..5 {
        accepted(&*store, commit([write("a", Expected::Any, 7)])).await;
    }
    for limit in 1..8 {
        let (mut range, mut seen) = (Range::ALL, Vec::new());
        loop {
            let read = store.read(Query::All, range, Direction::Forward, limit);
            let page = read.await.unwrap();
            assert!(page.events.len() <= limit);
            seen.extend(page.events.iter().map(|event| event.at.revision));
            range = Range::since(page.complete_to);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, (0..35).collect::<Vec<u64>>(), "in pages of {limit}");
    }
}
