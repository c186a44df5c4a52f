//! Requests that share a transaction fail alone.

use factum_core::store::{EventStore, Position, StoreError};
use factum_core::view::{ColumnSpec, RowBatch, RowChanges, RowStore, ViewError, ViewId, ViewSpec};
use futures_util::future::join_all;

use crate::common::{Log, append, commit_to, stream};

const COLUMNS: &[ColumnSpec] = &[];
const VIEW: ViewSpec = ViewSpec::new(ViewId::new("lost", 1), COLUMNS);

#[tokio::test]
async fn what_is_wrong_with_one_request_is_not_the_others_concern() {
    let log = Log::new();
    let store = log.open();
    let damaged = commit_to(stream("damaged"), 1);
    let mark = append(&store, damaged.clone()).await.mark;
    RowStore::open(&store, VIEW).await.unwrap();
    store.close().await;
    log.tool().execute_batch("UPDATE events SET key = x'00'; DROP TABLE \"view_lost_v1\"").unwrap();

    let store = log.open();
    let fine = (0..60).map(|n| {
        let (store, damaged) = (store.clone(), damaged.clone());
        async move {
            match n % 10 {
                3 => {
                    let error = store.append(vec![damaged]).await.unwrap_err();
                    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
                    0
                }
                7 => {
                    let deletes = vec!["key".to_owned()];
                    let batch = RowBatch {
                        rows: RowChanges { deletes, ..RowChanges::default() },
                        ..RowBatch::new(VIEW, None, mark)
                    };
                    let error = RowStore::commit(&store, batch).await.unwrap_err();
                    assert!(matches!(error, ViewError::Store { .. }), "{error}");
                    0
                }
                _ => {
                    let receipt = append(&store, commit_to(stream(n % 4), 1)).await;
                    receipt.mark.position.number()
                }
            }
        }
    });
    let mut positions = join_all(fine).await;
    positions.retain(|position| *position > 0);
    positions.sort_unstable();
    assert_eq!(positions, (2..50).collect::<Vec<u64>>(), "each once, without a hole");
    assert_eq!(store.head().await.unwrap().position, Position::new(49));
}
