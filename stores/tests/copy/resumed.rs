use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use factum_core::store::EventStore;
use factum_stores::copy::{Copied, CopyError, Copying};
use factum_stores::gated::{Gated, Side};
use factum_stores::{MemoryStore, copy};

use crate::common::{append, assert_same, commit, plain};
use crate::wrapped::Wrapped;

/// Drops the copy after it has waited so many times.
async fn drop_after(copying: Copying<'_>, waits: usize) -> Option<Result<Copied, CopyError>> {
    let mut future = copying.into_future();
    let mut left = waits;
    poll_fn(|context| match Pin::new(&mut future).poll(context) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn a_dropped_copy_goes_on() {
    let from = Wrapped::new(MemoryStore::new());
    append(&from.inner, (0..1200).map(commit)).await;
    let whole = copy(&from, &MemoryStore::new()).await.unwrap();
    let mut drops = 0;
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let to = Wrapped::new(MemoryStore::new());
        loop {
            if let Some(ended) = drop_after(copy(&from, &to), random.usize(0..60)).await {
                ended.unwrap();
                break;
            }
            drops += 1;
        }
        assert_same(&from.inner, &to.inner).await;
        let all = copy(&from, &to).compare_all().await.unwrap();
        assert_eq!((all.events, all.checksum), (whole.events, whole.checksum), "seed {seed}");
    }
    assert!(drops > 40, "only {drops} were dropped");
}

/// The target fails before or after it has stored a run.
#[tokio::test]
async fn a_failed_append_is_tried_again_by_the_next_call() {
    for side in [Side::Before, Side::After] {
        let (from, inner) = (MemoryStore::new(), Arc::new(MemoryStore::new()));
        append(&from, (0..2000).map(commit)).await;
        let (to, gate) = Gated::new(inner.clone() as Arc<dyn EventStore>);
        for _ in 0..2 {
            gate.fail_next(side);
            let error = copy(&from, &to).patience(Duration::ZERO).await.unwrap_err();
            assert!(matches!(error, CopyError::Target(_)), "{error}");
        }
        copy(&from, &to).await.unwrap();
        assert_same(&from, &*inner).await;
    }
}

/// A run of a call that was dropped arrives while the next call is at work.
#[tokio::test]
async fn a_late_run_of_a_dropped_call() {
    let (from, inner) = (MemoryStore::new(), Arc::new(MemoryStore::new()));
    append(&from, (0..3000).map(commit)).await;
    let run: Vec<_> = (0..700).map(commit).collect();
    let late = inner.clone();
    let to = Wrapped::new((*inner).clone()).changing(move |_| {
        let landed = futures_util::FutureExt::now_or_never(late.append(run.clone()));
        assert!(landed.unwrap().unwrap().iter().all(Result::is_ok));
    });
    copy(&from, &to).await.unwrap();
    assert_same(&from, &*inner).await;
}

/// A call that goes on does not read everything again.
#[tokio::test]
async fn little_is_read_again() {
    let from = Wrapped::new(MemoryStore::new());
    append(&from.inner, (0..20_000).map(|n| plain(n, n % 10, 10))).await;
    let to = Wrapped::new(MemoryStore::new());
    copy(&from, &to).await.unwrap();
    let before = from.read.load(Ordering::Relaxed);
    assert_eq!(copy(&from, &to).await.unwrap().events, 0);
    let again = from.read.load(Ordering::Relaxed) - before;
    assert!(again < 3200, "{again} events");
}
