//! Where a backend keeps snapshots: the newest for each stream and shape.

use factum_core::snapshot::Snapshot;
use factum_core::store::Expected;

use super::Subject;
use super::making::{accepted, one, stream};

/// What was kept comes back; a newer one takes its place, an older one does not; each stream and
/// shape has its own.
pub async fn the_newest_is_kept<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let Some(snapshots) = store.snapshots() else { return };
    let mark = accepted(&*store, one("a", Expected::Any)).await.mark;
    let snapshot = |id: &str, shape, revision, state: &'static str| {
        let state = state.as_bytes().into();
        Snapshot { stream: stream(id), shape, revision, mark, state }
    };
    let shapes = [1, u64::MAX, 1 << 63];
    for (stream, shape) in [("a", 1), ("a", u64::MAX), ("b", 1)] {
        let stream = super::making::stream(stream);
        assert_eq!(snapshots.load(stream, shape).await.unwrap(), None);
    }
    for shape in shapes {
        snapshots.save(snapshot("a", shape, 5, "five")).await.unwrap();
        snapshots.save(snapshot("b", shape, 0, "")).await.unwrap();
    }
    for shape in shapes {
        let kept = snapshots.load(stream("a"), shape).await.unwrap();
        assert_eq!(kept, Some(snapshot("a", shape, 5, "five")));
        assert_eq!(
            snapshots.load(stream("b"), shape).await.unwrap(),
            Some(snapshot("b", shape, 0, ""))
        );
    }
    snapshots.save(snapshot("a", 1, 4, "four")).await.unwrap();
    let kept = snapshots.load(stream("a"), 1).await.unwrap();
    assert_eq!(kept.unwrap().revision, 5, "one of a lower revision is dropped");
    snapshots.save(snapshot("a", 1, 6, "six")).await.unwrap();
    let kept = snapshots.load(stream("a"), 1).await.unwrap();
    assert_eq!(kept, Some(snapshot("a", 1, 6, "six")));
    let kept = snapshots.load(stream("a"), u64::MAX).await.unwrap();
    assert_eq!(kept.unwrap().revision, 5, "each shape has its own");
    assert_eq!(snapshots.load(stream("a"), 2).await.unwrap(), None);
    assert_eq!(snapshots.load(stream("c"), 1).await.unwrap(), None);
}

/// A state may be of any size that an event may be, and of any bytes.
pub async fn any_state_is_kept<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let Some(snapshots) = store.snapshots() else { return };
    let mark = accepted(&*store, one("a", Expected::Any)).await.mark;
    let size = store.capabilities().limits.event_bytes.min(1 << 20);
    let state: Vec<u8> = (0..size).map(|at| at as u8).collect();
    let snapshot =
        Snapshot { stream: stream("a"), shape: 1, revision: 0, mark, state: state.into() };
    snapshots.save(snapshot.clone()).await.unwrap();
    assert_eq!(snapshots.load(stream("a"), 1).await.unwrap(), Some(snapshot));
}
