use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use factum_core::Timestamp;
use factum_core::saga::Saga;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::driver::Driver;
use super::row::{GRACE, SagaRow};
use crate::backoff::Backoff;
use crate::{QueryError, View};

/// How many instances are woken at the same time, beside those that the inbox may have in hand.
const AT_ONCE: usize = 64;
/// How many rows are read at once, beside those that may be in hand.
const ROWS: usize = 256;
/// How often the rows are looked at, at the least: another process may have written what is due.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait for rows that show as due what is not due any more.
const REST: Duration = Duration::from_millis(20);

/// What came of waking an instance, and of several the greatest of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Woken {
    /// It had nothing to do: its row is behind.
    Idle,
    /// It went on.
    On,
    /// It failed.
    Failed,
}

/// Wakes the instances of a saga for which something is due, the one that is due first first. One that
/// takes long holds up no other.
pub(super) struct Alarm<S: Saga> {
    pub(super) driver: Arc<Driver<S>>,
    pub(super) rows: View<SagaRow<S>>,
    /// How many instances the inbox works on at the same time: to wake one of them is to wait for it.
    pub(super) inbox: usize,
}

/// The instances that are being woken.
#[derive(Default)]
struct Hands {
    instances: HashSet<String>,
    tasks: JoinSet<(String, Woken)>,
}

impl Hands {
    fn wake<S: Saga>(&mut self, driver: &Arc<Driver<S>>, instance: String) {
        let driver = driver.clone();
        self.instances.insert(instance.clone());
        self.tasks.spawn(async move {
            // What is stuck has written that down, and what failed is tried again with a later look.
            let woken = match driver.wake(&instance).await {
                Ok(true) => Woken::On,
                Ok(false) => Woken::Idle,
                Err(_) => Woken::Failed,
            };
            (instance, woken)
        });
    }

    /// Waits until one has been woken. `None` if there are none.
    async fn next(&mut self) -> Option<Woken> {
        let woken = self.tasks.join_next().await?;
        Some(self.ended(woken))
    }

    /// Takes out those that have been woken; `None` if there are none.
    fn tidy(&mut self) -> Option<Woken> {
        let mut all = None;
        while let Some(woken) = self.tasks.try_join_next() {
            all = all.max(Some(self.ended(woken)));
        }
        all
    }

    fn ended(&mut self, woken: Result<(String, Woken), JoinError>) -> Woken {
        // What panics would do so again at once: it stays in hand, so to speak, until the next start.
        let Ok((instance, woken)) = woken else { return Woken::Failed };
        self.instances.remove(&instance);
        woken
    }

    /// Waits until all have been woken, or the first that failed.
    async fn all(&mut self) -> Option<Woken> {
        let mut all = None;
        while let Some(woken) = self.next().await {
            all = all.max(Some(woken));
            if woken == Woken::Failed {
                break;
            }
        }
        all
    }
}

impl<S: Saga> Alarm<S> {
    pub(super) async fn run(&self) -> Infallible {
        // What is to be sent at once and was not is left by whoever had the saga before.
        let mut grace = GRACE;
        let mut backoff = Backoff::new();
        let mut hands = Hands::default();
        loop {
            match self.wake_due(grace, &mut hands).await {
                Ok(Some(Woken::Failed)) | Err(_) => sleep(backoff.next()).await,
                Ok(woken) => {
                    (grace, backoff) = (Duration::ZERO, Backoff::new());
                    if woken == Some(Woken::Idle) {
                        sleep(REST).await;
                    }
                }
            }
        }
    }

    /// Wakes what is due, then waits for what is due next; what came of those that were woken meanwhile.
    async fn wake_due(
        &self,
        grace: Duration,
        hands: &mut Hands,
    ) -> Result<Option<Woken>, QueryError> {
        let at_once = self.inbox.saturating_add(AT_ONCE);
        let mut woken = hands.tidy();
        // From here on everything that is written is earlier than what is waited for.
        self.driver.wait_for(Timestamp::from_micros(i64::MAX));
        let rows = self.rows.after(self.driver.written());
        let now = self.driver.clock().now();
        let read = at_once.saturating_add(ROWS);
        let due = rows
            .filter(SagaRow::DUE.le(now.plus(grace)))
            .order_by(SagaRow::DUE.asc())
            .limit(read)
            .all()
            .await?;
        let is_all = due.len() < read;
        let ids = due.iter().map(|row| row.id().to_owned());
        let due: Vec<_> = ids.filter(|id| !hands.instances.contains(id)).collect();
        for instance in due {
            hands.wake(&self.driver, instance);
            while hands.tasks.len() >= at_once {
                woken = woken.max(hands.next().await);
            }
        }
        match is_all && woken != Some(Woken::Failed) {
            true => Ok(woken.max(self.wait(&rows, now.plus(grace), hands).await?)),
            false => Ok(woken),
        }
    }

    /// Waits until all that was due has been woken, or more is due; what came of those that were woken.
    async fn wait(
        &self,
        rows: &View<SagaRow<S>>,
        after: Timestamp,
        hands: &mut Hands,
    ) -> Result<Option<Woken>, QueryError> {
        let later = rows.filter(SagaRow::DUE.gt(after)).order_by(SagaRow::DUE.asc());
        let first = later.limit(1).first().await?;
        let next = first.map_or(Timestamp::from_micros(i64::MAX), |row| row.due());
        self.driver.wait_for(next);
        let is_idle = hands.tasks.is_empty();
        let until = async {
            tokio::select! {
                biased;
                () = self.driver.clock().until(next) => None,
                () = self.driver.earlier() => None,
                woken = hands.all(), if !is_idle => woken,
            }
        };
        // Not to be waited for: it is only time to look again.
        Ok(timeout(LOOK, until).await.unwrap_or(None))
    }
}
