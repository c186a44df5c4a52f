use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{Direction, EventStore, Expected, Query, Range, Recorded, StoreError};
use factum_stores::MemoryStore;
use factum_stores::faulty::Faults;
use factum_stores::guarded::{Guard, Source};

use crate::common::{append, commit, guard, guarded};

async fn events(store: &dyn EventStore) -> Result<usize, StoreError> {
    let page = store.read(Query::All, Range::ALL, Direction::Forward, 100).await?;
    Ok(page.events.len())
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_is_served_with_its_age() {
    let (store, faulty) = guarded(guard(1));
    append(&store, commit("one", Expected::Any)).await.unwrap().unwrap();
    let known = store.last_known();
    assert_eq!(known.source(), None);
    assert_eq!(events(&known).await.unwrap(), 1);
    assert_eq!(known.source(), Some(Source::Store));

    faulty.set(Faults::DOWN);
    tokio::time::advance(Duration::from_secs(7)).await;
    let known = store.last_known();
    assert_eq!(events(&known).await.unwrap(), 1);
    assert_eq!(known.source(), Some(Source::Cache { age: Duration::from_secs(7) }));
    assert!(events(&store).await.is_err(), "only who asks for it is served with it");
    let other = known.read(Query::All, Range::ALL, Direction::Backward, 100).await;
    assert!(other.is_err(), "what was never read is not known");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_answers_first() {
    let replica = MemoryStore::new();
    for _ in 0..2 {
        append(&replica, commit("one", Expected::Any)).await.unwrap().unwrap();
    }
    let (store, faulty) = guarded(Guard { fallback: Some(Arc::new(replica)), ..guard(1) });
    let known = store.last_known();
    assert_eq!(events(&known).await.unwrap(), 0);
    faulty.set(Faults::DOWN);
    assert_eq!(events(&known).await.unwrap(), 2);
    assert_eq!(known.source(), Some(Source::Fallback));
}

#[tokio::test(start_paused = true)]
async fn no_more_is_kept_than_was_allowed() {
    let (store, faulty) =
        guarded(Guard { remembered_bytes: 50 * size_of::<Recorded>(), ..guard(1) });
    for _ in 0..20 {
        append(&store, commit("one", Expected::Any)).await.unwrap().unwrap();
    }
    let known = store.last_known();
    let read = async |limit| known.read(Query::All, Range::ALL, Direction::Forward, limit).await;
    for limit in [20, 19, 18] {
        read(limit).await.unwrap();
    }
    faulty.set(Faults::DOWN);
    assert!(read(20).await.is_err(), "the oldest went");
    assert!(read(19).await.is_ok() && read(18).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_does_not_drive_out_the_others() {
    let (store, faulty) =
        guarded(Guard { remembered_bytes: 5 * size_of::<Recorded>(), ..guard(1) });
    for _ in 0..20 {
        append(&store, commit("one", Expected::Any)).await.unwrap().unwrap();
    }
    let known = store.last_known();
    let read = async |limit| known.read(Query::All, Range::ALL, Direction::Forward, limit).await;
    for limit in [3, 20] {
        read(limit).await.unwrap();
    }
    faulty.set(Faults::DOWN);
    assert!(read(3).await.is_ok());
    assert!(read(20).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_large_event_takes_the_room_of_many() {
    let bytes = 5 * size_of::<Recorded>();
    let (store, faulty) = guarded(Guard { remembered_bytes: bytes, ..guard(1) });
    let mut large = commit("one", Expected::Any);
    large.writes[0].events[0].payload = vec![b' '; bytes].into();
    append(&store, large).await.unwrap().unwrap();
    let known = store.last_known();
    assert_eq!(events(&known).await.unwrap(), 1);
    faulty.set(Faults::DOWN);
    assert!(events(&known).await.is_err(), "it was not kept");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_through_it() {
    let (store, _) = guarded(guard(1));
    let error = append(&store.last_known(), commit("one", Expected::Any)).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}
