//! Rows and checkpoint change together, or not at all.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use factum_core::store::{LogId, Mark, Position, Stamp};
use factum_core::view::{Fenced, RowBatch, RowStore, ViewError, ViewId, ViewSpec};
use tokio::task::{JoinSet, yield_now};

use super::RowSubject;
use super::making::{VIEW, all, batch, checkpoint, checkpoint_of, mark, numbered, text};

/// A view that was never written has no checkpoint and no rows.
pub async fn a_view_begins_empty<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    assert_eq!(checkpoint(&rows).await, None);
    assert_eq!(checkpoint(&rows).await, None, "opening writes no checkpoint");
    assert_eq!(all(&rows).await, Vec::<String>::new());
    assert_eq!(rows.load(VIEW, vec!["a".to_owned()]).await.unwrap(), [None]);
    assert_eq!(rows.count(VIEW, vec![]).await.unwrap(), 0);
}

/// A batch puts and deletes rows and moves the checkpoint.
pub async fn rows_and_checkpoint_change_together<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let (a, b, c) = (numbered("a", 1), numbered("b", 1), numbered("c", 2));
    rows.commit(batch(None, mark(1), [a.clone(), b.clone()], &[])).await.unwrap();
    assert_eq!(checkpoint(&rows).await, Some(mark(1)));
    assert_eq!(all(&rows).await, [text(&a.body), text(&b.body)]);

    rows.commit(batch(Some(mark(1)), mark(2), [c.clone()], &["a"])).await.unwrap();
    assert_eq!(checkpoint(&rows).await, Some(mark(2)));
    assert_eq!(all(&rows).await, [text(&b.body), text(&c.body)]);
}

/// A batch from another mark than the checkpoint is refused, and the answer tells both.
pub async fn a_fenced_batch_changes_nothing<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    assert_fenced(&rows, Some(mark(1)), None).await;
    let row = numbered("a", 1);
    rows.commit(batch(None, mark(5), [row.clone()], &[])).await.unwrap();

    let other_event = Mark { event: mark(6).event, ..mark(5) };
    let other_log = Mark { log: LogId::from_bytes([1; 16]), ..mark(5) };
    let no_event = Mark { event: None, ..mark(5) };
    let other_stamp = Mark { stamp: Stamp::new(7), ..mark(5) };
    let later = [mark(4), mark(6), other_event, other_log, other_stamp, no_event].map(Some);
    for from in [None].into_iter().chain(later) {
        assert_fenced(&rows, from, Some(mark(5))).await;
    }
    assert_eq!(all(&rows).await, [text(&row.body)]);
}

async fn assert_fenced(rows: &Arc<dyn RowStore>, from: Option<Mark>, found: Option<Mark>) {
    let refused = rows.commit(batch(from, mark(9), [numbered("b", 9)], &["a"])).await;
    let Err(ViewError::Fenced(fenced)) = refused else { panic!("from {from:?}: {refused:?}") };
    assert_eq!(*fenced, Fenced { view: VIEW.id, slice: 0, expected: from, found, taken: false });
    assert_eq!(checkpoint(rows).await, found);
}

/// Of many who commit from one checkpoint, one does.
pub async fn one_of_those_who_race_wins<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let mut from = checkpoint(&rows).await;
    for round in 0..20_u32 {
        let mut racers = JoinSet::new();
        for racer in 1..=16_u32 {
            let (rows, number) = (Arc::clone(&rows), round * 100 + racer);
            let puts = [numbered("shared", number), numbered(&format!("of {racer}"), number)];
            let batch = batch(from, mark(number.into()), puts, &[]);
            racers.spawn(async move { (number, rows.commit(batch).await) });
        }
        let ended = racers.join_all().await;
        let winners: Vec<u32> = ended.iter().filter(|(_, e)| e.is_ok()).map(|(n, _)| *n).collect();
        assert_eq!(winners.len(), 1, "round {round}: {ended:?}");
        from = checkpoint(&rows).await;
        assert_eq!(from, Some(mark(winners[0].into())));
        let shared = rows.load(VIEW, vec!["shared".to_owned()]).await.unwrap().remove(0).unwrap();
        assert_eq!(shared, numbered("shared", winners[0]).body);
        let seen = all(&rows).await;
        for loser in ended.iter().filter(|(_, ended)| ended.is_err()).map(|(number, _)| number) {
            let part = format!("Uint({loser})");
            assert!(!seen.iter().any(|body| body.contains(&part)), "{loser} left something");
        }
    }
}

/// Rows and checkpoint are there after the store was closed.
pub async fn what_was_committed_survives_reopening<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let mut subject = fresh().await;
    let (mut from, mut expected) = (None, Vec::new());
    for round in 1..=5 {
        let rows = subject.rows();
        assert_eq!(checkpoint(&rows).await, from);
        assert_eq!(all(&rows).await, expected);
        let row = numbered(&format!("row {round}"), round);
        expected.push(text(&row.body));
        rows.commit(batch(from, mark(round.into()), [row], &[])).await.unwrap();
        from = Some(mark(round.into()));
        drop(rows);
        let Some(again) = subject.reopen().await else { return };
        subject = again;
    }
}

/// A commit whose future is dropped at some moment happens whole, later perhaps, or not at all.
pub async fn a_dropped_commit_is_whole_or_absent<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let mut from = checkpoint(&rows).await;
    for number in 1..=200_u32 {
        let puts = || (0..20).map(|key| numbered(&format!("row {key}"), number));
        let to = mark(number.into());
        poll_some(rows.commit(batch(from, to, puts(), &[])), number % 4).await;
        // A commit of one's own, from where the checkpoint is, settles what became of it.
        from = loop {
            let found = checkpoint(&rows).await;
            let settled = mark(1_000_000 + u64::from(number));
            match rows.commit(batch(found, settled, [], &[])).await {
                Ok(()) if found == Some(to) => {
                    let mut expected: Vec<String> = puts().map(|row| text(&row.body)).collect();
                    expected.sort();
                    let mut found = all(&rows).await;
                    found.sort();
                    assert_eq!(found, expected, "commit {number} was done");
                    break Some(settled);
                }
                Ok(()) => {
                    let part = format!("Uint({number})");
                    assert!(!all(&rows).await.iter().any(|body| body.contains(&part)));
                    break Some(settled);
                }
                Err(ViewError::Fenced(_)) => {}
                Err(error) => panic!("{error}"),
            }
        };
    }
}

/// Polls a future this many times at the most.
async fn poll_some<F: Future>(future: F, times: u32) {
    let mut future = pin!(future);
    for _ in 0..times {
        let ended = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await;
        if ended {
            return;
        }
        yield_now().await;
    }
}

/// A query beside a writer sees whole batches.
pub async fn readers_see_no_part<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    const ROWS: u32 = 50;
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..3 {
        let (rows, done) = (Arc::clone(&rows), Arc::clone(&done));
        readers.spawn(async move {
            while !done.load(Ordering::Relaxed) {
                let seen = all(&rows).await;
                let number = |body: &String| body.split_once(',').map(|(_, rest)| rest.to_owned());
                let mut numbers: Vec<_> = seen.iter().map(number).collect();
                numbers.dedup();
                assert!(numbers.len() <= 1, "rows of several batches: {numbers:?}");
                assert!(seen.is_empty() || seen.len() == ROWS as usize, "{} rows", seen.len());
                yield_now().await;
            }
        });
    }
    let mut from = None;
    for number in 1..=100_u32 {
        let puts = (0..ROWS).map(|key| numbered(&format!("{key}"), number));
        let to = Some(mark(number.into()));
        rows.commit(batch(from, mark(number.into()), puts, &[])).await.unwrap();
        from = to;
    }
    done.store(true, Ordering::Relaxed);
    readers.join_all().await;
}

/// A checkpoint comes back as it was written, whatever the log says.
pub async fn any_mark_is_kept<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let mut from = checkpoint(&rows).await;
    let highest = Mark { position: Position::new(u64::MAX), ..mark(1) };
    let signed = Mark { position: Position::new(1 << 63), ..mark(1) };
    for to in [Mark::start(mark(1).log), signed, highest, mark(3)] {
        rows.commit(batch(from, to, [], &[])).await.unwrap();
        from = checkpoint(&rows).await;
        assert_eq!(from, Some(to));
    }
}

/// A view that is stored with other columns is not opened, and not touched.
pub async fn other_columns_are_refused<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    checkpoint(&rows).await;
    rows.commit(batch(None, mark(1), [numbered("a", 1)], &[])).await.unwrap();
    let fewer = ViewSpec { columns: &VIEW.columns[1..], ..VIEW };
    let refused = rows.open(fewer).await;
    let Err(ViewError::OtherColumns { view, stored, wanted }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(view, VIEW.id);
    assert_eq!((stored, wanted), (VIEW.column_list(), fewer.column_list()));
    assert_eq!(checkpoint(&rows).await, Some(mark(1)));
    assert_eq!(all(&rows).await.len(), 1);
}

/// Each view, and each version of one, has rows and a checkpoint of its own, whatever its name.
pub async fn views_and_versions_are_apart<S: RowSubject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let rows = subject.rows();
    let names =
        ["everything", "every-thing", "every_thing", "everything 1", "a\"b'c", "select", "é"];
    let ids = names.iter().flat_map(|name| [1, 2, 11].map(|version| ViewId::new(name, version)));
    let views: Vec<ViewSpec> = ids.map(|id| ViewSpec { id, ..VIEW }).collect();
    for (number, view) in (1..).zip(&views) {
        assert_eq!(checkpoint_of(&rows, *view).await, None, "{}", view.id);
        let batch = batch(None, mark(number.into()), [numbered("a", number)], &[]);
        rows.commit(RowBatch { view: *view, ..batch }).await.unwrap();
    }
    for (number, view) in (1..).zip(&views) {
        assert_eq!(checkpoint_of(&rows, *view).await, Some(mark(number.into())), "{}", view.id);
        let loaded = rows.load(*view, vec!["a".to_owned()]).await.unwrap();
        assert_eq!(loaded, [Some(numbered("a", number).body)], "{}", view.id);
    }
}
