use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// More calls than any life needs: whoever makes them goes round in circles.
const MOST_CALLS: u64 = 200_000;

/// The life of one process: once it is over nothing that the process does has an effect any more.
#[derive(Clone, Debug)]
pub struct Life {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    death: Option<Death>,
    calls: AtomicU64,
    over: watch::Sender<bool>,
    /// Until when it sleeps.
    asleep: watch::Sender<Option<Instant>>,
}

/// When a process dies: at one of its calls to its stores, counted from 0.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    pub call: u64,
    pub side: Side,
}

/// Whether the call in which a process dies was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

impl Life {
    /// One that ends in a call, or when it is ended.
    pub fn new(death: Option<Death>) -> Self {
        let (calls, over) = (AtomicU64::new(0), watch::Sender::new(false));
        Self { shared: Arc::new(Shared { death, calls, over, asleep: watch::Sender::new(None) }) }
    }

    /// Ends it now.
    pub fn end(&self) {
        self.shared.over.send_replace(true);
    }

    /// Waits until it is over.
    pub async fn ended(&self) {
        let mut over = self.shared.over.subscribe();
        over.wait_for(|over| *over).await.unwrap();
    }

    /// Stands still until then, as a process that is swapped out: its clock goes on.
    pub fn sleep(&self, until: Instant) {
        self.shared.asleep.send_replace(Some(until));
    }

    /// How many calls it has made.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// Waits while the process sleeps, and for ever once it is dead.
    pub async fn awake(&self) {
        loop {
            let asleep = *self.shared.asleep.borrow();
            match asleep.filter(|until| *until > Instant::now()) {
                Some(until) => sleep_until(until).await,
                None => break,
            }
        }
        if *self.shared.over.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// Makes a call that has an effect outside, if the process lives so long; else it never returns.
    pub(super) async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        self.awake().await;
        let number = self.shared.calls.fetch_add(1, Ordering::SeqCst);
        if number >= MOST_CALLS {
            self.end();
        }
        let dies = self.shared.death.filter(|death| death.call == number).map(|death| death.side);
        if dies == Some(Side::Before) {
            self.end();
        }
        self.awake().await;
        let done = call.await;
        if dies == Some(Side::After) {
            self.end();
        }
        self.awake().await;
        done
    }

    /// Whether it ended as it went round in circles.
    pub fn is_overrun(&self) -> bool {
        self.calls() >= MOST_CALLS
    }
}
