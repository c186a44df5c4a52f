//! What a store says that it can do, it does; what it cannot do, it refuses by name.

use factum_core::store::{Commit, Expected, Query, Refused};

use super::Subject;
use super::making::{append, commit, guarded, one, write};
use super::views::with_view;

/// The same is said each time, and it makes sense.
pub async fn they_are_sound<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let said = subject.store().capabilities();
    assert_eq!(subject.store().capabilities(), said);
    assert!(!said.backend.is_empty());
    assert!(said.limits.event_bytes > 0 && said.limits.commit_events > 0);
    assert!(said.limits.commit_bytes >= said.limits.event_bytes, "one event of any size fits");
}

/// Commits of several streams, with guards and with views, are stored or refused as unsupported, and
/// positions count events, as was said.
pub async fn what_is_said_is_so<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let said = store.capabilities();
    let several = commit([write("a", Expected::Any, 1), write("b", Expected::Any, 1)]);
    let head = store.head().await.unwrap();
    let cases: [(Commit, bool); 3] = [
        (several, said.multi_stream),
        (guarded(one("c", Expected::Any), Query::context("other"), head), said.guards),
        (with_view(), said.inline_views),
    ];
    for (commit, can) in cases {
        match append(&*store, commit).await {
            Ok(_) => assert!(can, "it did what it says it cannot do"),
            Err(Refused::Unsupported { backend, what }) => {
                assert!(!can, "it refuses what it says it can do: {what}");
                assert_eq!(backend, said.backend);
            }
            Err(other) => panic!("{other}"),
        }
    }
    // What was refused stored nothing.
    let several = if said.multi_stream { 2 } else { 0 };
    let stored = several + usize::from(said.guards) + usize::from(said.inline_views);
    let events = super::making::read(&*store, &Query::All).await;
    assert_eq!(events.len(), stored);
    if said.dense_positions {
        let end = store.head().await.unwrap().position;
        assert_eq!(end.number() - head.position.number(), stored as u64);
    }
}
