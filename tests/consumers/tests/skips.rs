//! Eight processes append as fast as they can, and are stopped in the middle of it now and then, while
//! those who follow the log go forward only: none of them misses an event, takes one twice, or sees two
//! the wrong way round.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use factum::prelude::*;
use factum::store::{EventStore, Mark, Query, Tailed};
use factum::{EventName, Position, codec};
use factum_consumer_tests::{
    Child, EVENTS, Kind, Known, LONG, Lane, Seen, Servers, Spread, Tick, open, soak,
};
use fastrand::Rng;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;

const PROGRAM: &str = env!("CARGO_BIN_EXE_factum-consumer-tests");
const WRITERS: u64 = 8;

/// How many in all; with `FACTUM_SOAK` for long.
fn events() -> u64 {
    if soak() { 2_000_000 } else { 200_000 }
}

/// Follows the log to its end, once that is known. Each writer numbers its events, so that what is missing
/// or comes twice is seen at once.
async fn follow(
    log: Arc<dyn EventStore>,
    query: Query,
    after: Option<Mark>,
    mut end: watch::Receiver<Option<Position>>,
) -> Seen {
    let mut tail = log.tail(query, after);
    let (mut seen, mut next) = (Seen::default(), HashMap::new());
    let mut at = Position::START;
    while end.borrow().is_none_or(|end| at < end) {
        let more = tokio::select! {
            more = tokio::time::timeout(LONG, tail.next()) => more.unwrap().unwrap().unwrap(),
            changed = end.changed() => {
                changed.unwrap();
                continue;
            }
        };
        let events = match more {
            Tailed::Events(events) => events,
            Tailed::Progress(mark) => {
                at = mark.position;
                continue;
            }
        };
        for event in events {
            at = event.at.position;
            let Tick::Ticked { writer, number } = codec::decode(&event).unwrap();
            // One that begins in the middle takes the first as it comes.
            let wanted = next.entry(writer).or_insert(after.map_or(0, |_| number));
            assert_eq!(number, *wanted, "of writer {writer}, at {}", event.at.position);
            *wanted += 1;
            seen.take(&event.at);
        }
    }
    assert!(!seen.disorder);
    seen
}

/// Stops writers where they are, for a moment each, until so many events are there.
async fn pause_some(log: &dyn EventStore, writers: &[Child], random: &mut Rng, until: u64) -> u32 {
    let mut pauses = 0;
    while log.head().await.unwrap().position.number() < until {
        let writer = &writers[random.usize(..writers.len())];
        writer.pause();
        tokio::time::sleep(Duration::from_millis(random.u64(1..40))).await;
        writer.resume();
        pauses += 1;
        tokio::time::sleep(Duration::from_millis(random.u64(1..60))).await;
    }
    pauses
}

async fn nothing_is_skipped(kind: Kind) {
    let Some(servers) = Servers::of(&[kind]).await else { return };
    let (url, begun) = (servers.url(kind), Instant::now());
    let mut random = Rng::new();
    println!("skips on {kind:?}: seed {}", random.get_seed());
    let log = open(&url).await.unwrap();
    let app = App::connect(&url).await.unwrap().projection::<Lane>();
    let app = app.projection_with::<Spread>(|usual| usual.slices(4)).start().await.unwrap();
    let mut writers: Vec<Child> = (0..WRITERS)
        .map(|writer| {
            let commits = (events() / WRITERS / EVENTS).to_string();
            Child::start(PROGRAM, &["write", &url, &writer.to_string(), &commits])
        })
        .collect();
    writers.iter_mut().for_each(|writer| drop(writer.hear("ready")));

    let all = || Query::All;
    let named = || Query::names([EventName::fixed("tick.ticked")]);
    let mut whole = JoinSet::new();
    let (end, ends) = watch::channel(None);
    for query in [all(), all(), named(), Query::context("tick")] {
        whole.spawn(follow(log.clone(), query, None, ends.clone()));
    }
    writers.iter_mut().for_each(|writer| writer.ask("go"));
    let mut pauses = pause_some(&*log, &writers, &mut random, events() / 3).await;
    // These begin while the log grows: from its beginning, and from where it is.
    whole.spawn(follow(log.clone(), all(), None, ends.clone()));
    let mark = log.head().await.unwrap();
    let late = tokio::spawn(follow(log.clone(), all(), Some(mark), ends));
    pauses += pause_some(&*log, &writers, &mut random, events() * 9 / 10).await;
    writers.iter_mut().for_each(|writer| drop(writer.hear("written")));
    let written = begun.elapsed();
    end.send_replace(Some(log.head().await.unwrap().position));

    let whole = whole.join_all().await;
    let mut known = Known::default();
    known.check_whole(&*log, &app.view::<Lane>()).await;
    known.check_whole(&*log, &app.view::<Spread>()).await;
    assert_eq!(known.events.len() as u64, events());
    let (mut wanted, mut after) = (Seen::default(), Seen::default());
    for event in &known.events {
        wanted.take(&event.at);
        if event.at.position > mark.position {
            after.take(&event.at);
        }
    }
    assert!(whole.iter().all(|seen| *seen == wanted), "{whole:?}, not {wanted:?}");
    assert_eq!(late.await.unwrap(), after);
    let lanes = app.view::<Lane>().all().await.unwrap();
    assert!(lanes.len() as u64 == WRITERS && lanes.iter().all(|lane| lane.wrong == 0), "{lanes:?}");
    app.stop().await.unwrap();
    assert!(writers.into_iter().all(|writer| writer.end().success()));
    println!(
        "skips on {kind:?}: {} events, {pauses} pauses, written in {written:?}, all in {:?}",
        events(),
        begun.elapsed()
    );
}

#[test]
fn nothing_is_skipped_on_postgres() {
    tokio::runtime::Runtime::new().unwrap().block_on(nothing_is_skipped(Kind::Postgres));
}

#[test]
fn nothing_is_skipped_on_redis() {
    tokio::runtime::Runtime::new().unwrap().block_on(nothing_is_skipped(Kind::Redis));
}
