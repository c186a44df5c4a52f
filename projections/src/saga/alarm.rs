use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use factum_core::Timestamp;
use factum_core::saga::Saga;
use futures_util::{StreamExt, stream};
use tokio::time::{sleep, timeout};

use super::driver::Driver;
use super::row::{GRACE, SagaRow};
use crate::backoff::Backoff;
use crate::{QueryError, View};

/// How many instances are woken at the same time.
const AT_ONCE: usize = 64;
/// How many rows are read at once.
const ROWS: usize = 256;
/// How often the rows are looked at, at the least: another process may have written what is due.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait for rows that show as due what is not due any more.
const REST: Duration = Duration::from_millis(20);

/// What came of waking instances.
enum Woken {
    /// Some went on.
    On,
    /// None had anything to do: their rows are behind.
    Idle,
    /// Some failed.
    Failed,
}

/// Wakes the instances of a saga for which something is due, the one that is due first first.
pub(super) struct Alarm<S: Saga> {
    pub(super) driver: Arc<Driver<S>>,
    pub(super) rows: View<SagaRow<S>>,
}

impl<S: Saga> Alarm<S> {
    pub(super) async fn run(&self) -> Infallible {
        // What is to be sent at once and was not is left by whoever had the saga before.
        let mut grace = GRACE;
        let mut backoff = Backoff::new();
        loop {
            match self.wake_due(grace).await {
                Ok(Woken::On) => (grace, backoff) = (Duration::ZERO, Backoff::new()),
                Ok(Woken::Idle) => {
                    (grace, backoff) = (Duration::ZERO, Backoff::new());
                    sleep(REST).await;
                }
                Ok(Woken::Failed) | Err(_) => sleep(backoff.next()).await,
            }
        }
    }

    /// Wakes what is due, or waits for what is due next.
    async fn wake_due(&self, grace: Duration) -> Result<Woken, QueryError> {
        // From here on everything that is written is earlier than what is waited for.
        self.driver.wait_for(Timestamp::from_micros(i64::MAX));
        let rows = self.rows.after(self.driver.written());
        let now = self.driver.clock().now();
        let due = rows
            .filter(SagaRow::DUE.le(now.plus(grace)))
            .order_by(SagaRow::DUE.asc())
            .limit(ROWS)
            .all()
            .await?;
        if due.is_empty() {
            self.wait(&rows).await?;
            return Ok(Woken::On);
        }
        // What is stuck has written that down, and what failed is tried again with the next look.
        let woken = stream::iter(due).map(|row| {
            let driver = self.driver.clone();
            async move { driver.wake(row.id()).await }
        });
        let woken: Vec<_> = woken.buffer_unordered(AT_ONCE).collect().await;
        if woken.iter().any(Result::is_err) {
            return Ok(Woken::Failed);
        }
        let any = woken.iter().any(|woken| matches!(woken, Ok(true)));
        Ok(if any { Woken::On } else { Woken::Idle })
    }

    async fn wait(&self, rows: &View<SagaRow<S>>) -> Result<(), QueryError> {
        let first = rows.order_by(SagaRow::DUE.asc()).limit(1).first().await?;
        let next = first.map_or(Timestamp::from_micros(i64::MAX), |row| row.due());
        self.driver.wait_for(next);
        let until = async {
            tokio::select! {
                biased;
                () = self.driver.clock().until(next) => {}
                () = self.driver.earlier() => {}
            }
        };
        // Not to be waited for: it is only time to look again.
        drop(timeout(LOOK, until).await);
        Ok(())
    }
}
