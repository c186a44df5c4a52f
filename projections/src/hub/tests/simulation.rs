//! Consumers that are fast, slow or stalled, that come late, that give up a wait and that end and come
//! back: each sees what the log has, in order, each once.

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{EventStore, Mark};
use factum_stores::{MemoryStore, SqliteStore};
use fastrand::Rng;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{CONTEXTS, NAMES, Taken, append, hub, positions};
use crate::Hub;
use crate::hub::Consumer;

const CONSUMERS: usize = 6;

/// Some of the contexts, at least one.
fn some_contexts(rng: &mut Rng) -> Vec<&'static str> {
    let mut contexts: Vec<_> = CONTEXTS.iter().copied().filter(|_| rng.bool()).collect();
    if contexts.is_empty() {
        contexts.push(rng.choice(CONTEXTS).unwrap());
    }
    contexts
}

/// How it waits between two batches: at most so many milliseconds.
fn some_pace(rng: &mut Rng) -> u64 {
    *rng.choice(&[0, 3, 30, 90]).unwrap()
}

/// A consumer's life, until it has seen the newest event of a log that has ended; where it began, what
/// it listened to and what it saw.
async fn consume(
    hub: Hub,
    first: Option<(Consumer, Vec<&'static str>, Option<Mark>)>,
    mut rng: Rng,
    mut end: watch::Receiver<Option<Mark>>,
    marks: watch::Receiver<Vec<Mark>>,
) -> (Vec<&'static str>, Option<Mark>, Vec<u64>) {
    let pace = some_pace(&mut rng);
    let (consumer, contexts, begin) = match first {
        Some(first) => first,
        None => {
            sleep(Duration::from_millis(rng.u64(..200))).await;
            let contexts = some_contexts(&mut rng);
            let begin = rng.choice(marks.borrow().iter()).copied().filter(|_| rng.bool());
            (hub.consumer(contexts.clone(), begin), contexts, begin)
        }
    };
    let mut taken = Taken::new(consumer);
    loop {
        if let Some(end) = *end.borrow_and_update()
            && taken.reached >= end.position
        {
            return (contexts, begin, taken.positions);
        }
        // A wait may be given up at any time.
        let patience = Duration::from_millis(rng.u64(1..40));
        if let Ok(batch) = timeout(patience, taken.consumer.next()).await {
            taken.add(&batch.unwrap());
        }
        if pace > 0 && rng.u8(..3) == 0 {
            sleep(Duration::from_millis(rng.u64(..pace))).await;
        }
        if rng.u8(..40) == 0 {
            // It ends, and goes on from its checkpoint.
            let checkpoint = taken.mark.or(begin);
            taken.consumer = hub.consumer(contexts.clone(), checkpoint);
        }
    }
}

async fn simulate(seed: u64, log: Arc<dyn EventStore>, longest_pause: u64) {
    let mut rng = Rng::with_seed(seed);
    let hub = hub(&log);
    let (some_marks, marks) = watch::channel(Vec::new());
    for _ in 0..rng.usize(..30) {
        let mark = append(&*log, &[rng.usize(..NAMES.len()), 0]).await;
        some_marks.send_modify(|marks| marks.push(mark));
    }
    let (ended, end) = watch::channel(None);
    let mut consumers = Vec::new();
    for number in 0..CONSUMERS {
        // Some are there from the beginning.
        let first = (number < 4).then(|| {
            let contexts = some_contexts(&mut rng);
            let begin = rng.choice(marks.borrow().iter()).copied().filter(|_| rng.bool());
            (hub.consumer(contexts.clone(), begin), contexts, begin)
        });
        let life = consume(hub.clone(), first, rng.fork(), end.clone(), marks.clone());
        consumers.push(tokio::spawn(life));
    }
    hub.start();
    let mut last = None;
    for _ in 0..rng.usize(50..250) {
        let events: Vec<usize> = (0..rng.usize(1..12)).map(|_| rng.usize(..NAMES.len())).collect();
        last = Some(append(&*log, &events).await);
        if longest_pause > 0 && rng.u8(..4) == 0 {
            sleep(Duration::from_millis(rng.u64(..longest_pause))).await;
        }
    }
    ended.send_replace(last);
    for consumer in consumers {
        let (contexts, begin, seen) = consumer.await.unwrap();
        assert_eq!(seen, positions(&*log, &contexts, begin).await, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_consumer_sees_what_a_log_in_memory_has() {
    for seed in 0..90 {
        let time = Duration::from_secs(3600);
        let run = simulate(seed, Arc::new(MemoryStore::new()), [0, 10, 60][seed as usize % 3]);
        timeout(time, run).await.unwrap_or_else(|_| panic!("seed {seed} hangs"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn each_consumer_sees_what_an_embedded_log_has() {
    for seed in 1000..1012 {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteStore::open(folder.path().join("log.db")).unwrap();
        let run = simulate(seed, Arc::new(log.clone()), [0, 10][seed as usize % 2]);
        let time = Duration::from_secs(300);
        timeout(time, run).await.unwrap_or_else(|_| panic!("seed {seed} hangs"));
        log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_consumer_sees_what_a_log_in_memory_has_on_several_threads() {
    for seed in 2000..2020 {
        let run = simulate(seed, Arc::new(MemoryStore::new()), [0, 3][seed as usize % 2]);
        let time = Duration::from_secs(300);
        timeout(time, run).await.unwrap_or_else(|_| panic!("seed {seed} hangs"));
    }
}
