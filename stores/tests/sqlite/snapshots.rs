use factum_core::snapshot::{Snapshot, SnapshotStore};
use factum_core::store::EventStore;

use crate::common::{Log, append, commit_to, stream};

#[tokio::test]
async fn the_newest_snapshot_of_a_shape_is_kept() {
    let log = Log::new();
    let store = log.open();
    let receipt = append(&store, commit_to(stream(1), 3)).await;
    let snapshot = |revision, shape, state: &'static str| Snapshot {
        stream: stream(1),
        shape,
        revision,
        mark: receipt.mark,
        state: state.into(),
    };
    let snapshots = store.snapshots().unwrap();
    for (revision, state) in [(1, "one"), (2, "two"), (0, "late")] {
        snapshots.save(snapshot(revision, u64::MAX, state)).await.unwrap();
    }
    snapshots.save(snapshot(0, 7, "other")).await.unwrap();
    drop(snapshots);
    store.close().await;

    let store = log.open();
    let newest = store.load(stream(1), u64::MAX).await.unwrap();
    assert_eq!(newest, Some(snapshot(2, u64::MAX, "two")));
    assert_eq!(store.load(stream(1), 7).await.unwrap(), Some(snapshot(0, 7, "other")));
    assert_eq!(store.load(stream(1), 8).await.unwrap(), None);
    assert_eq!(store.load(stream(2), 7).await.unwrap(), None);
}
