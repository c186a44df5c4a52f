//! Every interleaving of a tail and its consumers, as loom finds them. They are compiled with
//! `--cfg loom` only, into a target folder of their own:
//!
//! `RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test --release -p factum-projections --lib interleavings`
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::future::poll_fn;
// Loom's would take each of its clones for a step that matters.
use std::sync::Arc;
use std::task::Poll;

use factum_core::store::{LogId, Mark, Position, Stamp};
use loom::future::block_on;
use loom::model::Builder;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use tokio::time::Instant;

use super::page::Page;
use super::ring::{Plan, Ring};
use super::state::{Entry, PATIENCE, Room, Taken};

/// The events of the log, at the positions from 1 on. The ring holds two pages.
const LAST: u64 = 3;

fn mark(position: u64) -> Mark {
    let log = LogId::from_bytes([7; 16]);
    Mark { position: Position::new(position), ..Mark { stamp: Stamp::new(1), ..Mark::start(log) } }
}

fn model(preemptions: usize, test: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(test);
}

/// A ring with two consumers that begin where it does.
struct World {
    ring: Arc<Ring>,
    begin: Instant,
    done: Arc<AtomicUsize>,
}

impl World {
    fn new() -> Self {
        let (ring, begin) = (Arc::new(Ring::new()), Instant::now());
        Self { ring, begin, done: Arc::new(AtomicUsize::new(0)) }
    }

    fn consumer(&self) -> impl FnOnce() -> Vec<u64> + Send + 'static {
        let (ring, begin, done) = (self.ring.clone(), self.begin, self.done.clone());
        let number = ring.add(["lamp".to_owned()].into(), None);
        move || {
            let taken = consume(&ring, number, begin);
            done.fetch_add(1, Ordering::SeqCst);
            ring.remove(number);
            taken
        }
    }
}

/// Takes all events: from the ring, and from the log itself where the ring does not go on.
fn consume(ring: &Ring, number: u64, now: Instant) -> Vec<u64> {
    let mut taken: Vec<u64> = Vec::new();
    loop {
        let seen = taken.last().copied().unwrap_or(0);
        if seen == LAST {
            return taken;
        }
        match block_on(poll_fn(|cx| ring.poll_take(number, now, cx))) {
            Taken::Pages(pages, _) => {
                let positions = pages.iter().map(|page| page.to().position.number());
                taken.extend(positions.filter(|position| *position > seen));
            }
            Taken::Left => {
                let mark = (seen > 0).then(|| mark(seen));
                let entry =
                    block_on(poll_fn(|cx| match ring.enter(number, mark, true, now, cx.waker()) {
                        Entry::Wait => Poll::Pending,
                        entry => Poll::Ready(entry),
                    }));
                match entry {
                    Entry::In => {}
                    Entry::Out | Entry::NotYet => taken.push(seen + 1),
                    Entry::Wait | Entry::Rewound(_) => panic!("the log is as it was"),
                }
            }
            Taken::Trouble(_) | Taken::Ended(_) => panic!("nothing went wrong"),
        }
    }
}

/// Publishes each event as a page of its own until all consumers are done.
fn tail(ring: &Ring, now: Instant, done: &AtomicUsize, consumers: usize) {
    loop {
        let Plan { epoch, after, .. } = ring.plan();
        let first = after.map_or(0, |mark| mark.position.number()) + 1;
        let published = (first..=LAST).all(|position| {
            let room = block_on(poll_fn(|cx| match ring.room(epoch, now, cx.waker()) {
                Room::Free => Poll::Ready(true),
                Room::Changed => Poll::Ready(false),
                Room::Full(_) if done.load(Ordering::SeqCst) == consumers => Poll::Ready(false),
                Room::Full(_) => Poll::Pending,
            }));
            let page = Page::new(Vec::new(), mark(position), position == LAST, |_| false);
            room && ring.publish(epoch, page, now)
        });
        let over = block_on(poll_fn(|cx| {
            let changed = ring.poll_changed(epoch, cx);
            if done.load(Ordering::SeqCst) == consumers {
                return Poll::Ready(true);
            }
            if published { changed.map(|()| false) } else { Poll::Ready(false) }
        }));
        if over {
            return;
        }
    }
}

fn check(consumers: usize, preemptions: usize, patience_is_over: bool) {
    model(preemptions, move || {
        let world = World::new();
        let threads: Vec<_> = (0..consumers).map(|_| thread::spawn(world.consumer())).collect();
        world.ring.open(None, world.begin);
        let now = if patience_is_over { world.begin + PATIENCE } else { world.begin };
        tail(&world.ring, now, &world.done, consumers);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), [1, 2, 3]);
        }
    });
}

#[test]
fn who_stays_gets_each_page_once_and_the_tail_waits() {
    check(1, 3, false);
    check(2, 1, false);
}

#[test]
fn who_has_to_leave_loses_nothing_and_takes_nothing_twice() {
    check(1, 3, true);
    check(2, 1, true);
}

#[test]
fn who_waits_for_the_ring_to_open_is_told() {
    model(3, || {
        let world = World::new();
        let consumer = thread::spawn(world.consumer());
        world.ring.open(Some(mark(1)), world.begin);
        tail(&world.ring, world.begin, &world.done, 1);
        assert_eq!(consumer.join().unwrap(), [1, 2, 3]);
    });
}
