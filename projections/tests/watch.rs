//! A watch gives the current result, and then every change, without a gap.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::time::Duration;

use common::{Balance, Bank, LONG, World, append, append_noise, deposit};
use factum_core::store::EventStore;
use factum_projections::{QueryError, Watch};
use futures_util::StreamExt;

async fn next(watch: &mut Watch<Balance>) -> Vec<(String, u64)> {
    let rows = tokio::time::timeout(LONG, watch.next()).await.unwrap().unwrap();
    rows.into_iter().map(|row| (row.account, row.cents)).collect()
}

fn is(account: &str, cents: u64) -> (String, u64) {
    (account.to_owned(), cents)
}

#[tokio::test]
async fn each_change_is_given_and_nothing_else() {
    for world in World::each() {
        append(&*world.log, "alice", &[deposit(1)]).await;
        let (mut runner, view) = world.start().await;
        let head = world.log.head().await.unwrap().position;
        let mut richest = view.after(head).order_by(Balance::CENTS.desc()).limit(1).watch();
        assert_eq!(next(&mut richest).await, [is("alice", 1)]);
        append(&*world.log, "bob", &[deposit(5)]).await;
        assert_eq!(next(&mut richest).await, [is("bob", 5)]);

        // Neither an event of others nor a change of rows that are not wanted is news.
        append_noise(&*world.log).await;
        let done = append(&*world.log, "alice", &[deposit(1)]).await;
        view.after(done).all().await.unwrap();
        let brief = Duration::from_millis(100);
        assert!(tokio::time::timeout(brief, richest.next()).await.is_err());

        append(&*world.log, "bob", &[deposit(1)]).await;
        assert_eq!(next(&mut richest).await, [is("bob", 6)]);
        let moved = Bank::Moved { to: "alice".to_owned(), cents: 6 };
        append(&*world.log, "bob", &[moved]).await;
        assert_eq!(next(&mut richest).await, [is("alice", 8)]);

        runner.stop().await.unwrap();
        let ended = richest.next().await;
        assert!(matches!(ended, Err(QueryError::Ended(_))), "{ended:?}");
    }
}

/// However the watch and the writer interleave, the last state is seen.
#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_gap() {
    for world in World::each() {
        let (_runner, view) = world.start().await;
        let log = world.log.clone();
        let writer = tokio::spawn(async move {
            for number in 0..300 {
                append(&*log, "alice", &[deposit(1)]).await;
                if number % 7 == 0 {
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
            }
        });
        let mut seen = Vec::new();
        let mut results = std::pin::pin!(view.watch().into_stream());
        while seen.last() != Some(&300) {
            let rows = tokio::time::timeout(LONG, results.next()).await.unwrap().unwrap().unwrap();
            seen.extend(rows.first().map(|row| row.cents));
        }
        assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
        writer.await.unwrap();
    }
}
