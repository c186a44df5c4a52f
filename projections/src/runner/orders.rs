//! What a worker is asked to do beside following the log: to try parked events again, or to give them
//! up.

use factum_core::Projection;
use factum_core::codec::Seen;
use factum_core::store::{Position, Recorded};
use tokio::sync::oneshot;

use super::ProjectionError;
use super::worker::Worker;
use crate::parking::{Blocked, ParkedEvent};

/// What became of parked events that were tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retried {
    /// How many were taken in.
    pub taken: usize,
    /// How many are still parked, for what failed before or now.
    pub left: usize,
}

pub(crate) type Answer<T> = oneshot::Sender<Result<T, ProjectionError>>;

/// Something that a worker is asked to do.
pub(crate) enum Order {
    /// Try parked events again: all, or those that must go before or with those of a row.
    Retry { row: Option<String>, answer: Answer<Retried> },
    /// Give the parked event at a position up. Whether there was one.
    Discard { position: Position, answer: Answer<bool> },
    /// Build a row anew. Whether it is there then.
    RebuildRow { key: String, answer: Answer<bool> },
}

impl<P: Projection> Worker<P> {
    /// # Errors
    /// Only what ends the worker.
    pub(super) async fn carry_out(&mut self, order: Order) -> Result<(), ProjectionError> {
        self.resume_for_order().await?;
        let failed = match order {
            Order::Retry { row, answer } => answer_with(answer, self.retry(row.as_deref()).await),
            Order::Discard { position, answer } => {
                answer_with(answer, self.discard(position).await)
            }
            Order::RebuildRow { key, answer } => answer_with(answer, self.rebuild_row(&key).await),
        };
        match failed {
            Some(error) if !error.passes() => Err(error),
            _ => self.load_parked().await,
        }
    }

    /// Tries what is parked again: the code may be another one now.
    pub(super) async fn retry_at_start(&mut self) -> Result<(), ProjectionError> {
        self.load_parked().await?;
        if self.blocked.is_empty() {
            return Ok(());
        }
        match self.retry(None).await {
            Err(error) if !error.passes() => Err(error),
            _ => self.load_parked().await,
        }
    }

    /// Tries parked events again, in the order of the log.
    async fn retry(&mut self, row: Option<&str>) -> Result<Retried, ProjectionError> {
        let parked = self.rows.parked().await?;
        let tried: Vec<ParkedEvent> = match row {
            None => parked,
            Some(row) => connected(parked, row),
        };
        let mut retried = Retried::default();
        // What was not tried is no hindrance: it has no key of those that are.
        let mut still = Blocked::default();
        for event in tried {
            if still.blocks_keys(&event.keys()) {
                still.add(&event.keys());
                retried.left += 1;
            } else if self.retry_one(event.clone()).await? {
                retried.taken += 1;
            } else {
                still.add(&event.keys());
                retried.left += 1;
            }
        }
        Ok(retried)
    }

    /// Tries one parked event again; whether it was taken in.
    async fn retry_one(&mut self, parked: ParkedEvent) -> Result<bool, ProjectionError> {
        let log = self.consumer.store();
        let read = parked.read(&*log).await.map_err(|source| self.log(source))?;
        let problem = match read {
            None => Some("it is no longer in the log".to_owned()),
            Some(recorded) => self.project_alone(&recorded).await?,
        };
        let taken = problem.is_none();
        if taken {
            self.unpark.push(parked.key());
        } else {
            let (attempts, tried) = (parked.attempts + 1, self.clock.now());
            self.park.push(ParkedEvent { problem, attempts, tried, ..parked });
        }
        self.commit_in_place().await?;
        Ok(taken)
    }

    /// Gives a parked event up.
    async fn discard(&mut self, position: Position) -> Result<bool, ProjectionError> {
        let parked = self.rows.parked().await?;
        let Some(event) = parked.into_iter().find(|event| event.position == position) else {
            return Ok(false);
        };
        self.unpark.push(event.key());
        self.commit_in_place().await?;
        Ok(true)
    }

    /// Takes one event in, whatever waits; what is wrong if that failed.
    async fn project_alone(&mut self, event: &Recorded) -> Result<Option<String>, ProjectionError> {
        let blocked = std::mem::take(&mut self.blocked);
        let projected = self.project(&[Seen::alone(event)]).await;
        self.blocked = blocked;
        Ok(projected?.1.map(|problem| problem.to_string()))
    }
}

/// Answers, and says what went wrong.
fn answer_with<T>(answer: Answer<T>, done: Result<T, ProjectionError>) -> Option<ProjectionError> {
    let failed = done.as_ref().err().cloned();
    // Whoever asked may be gone.
    drop(answer.send(done));
    failed
}

/// The parked events that have a key of the row, or of one that has, and so on.
fn connected(parked: Vec<ParkedEvent>, row: &str) -> Vec<ParkedEvent> {
    let mut group = Blocked::default();
    group.add(&crate::parking::Keys { rows: vec![row.to_owned()], stream: String::new() });
    let mut inside = vec![false; parked.len()];
    loop {
        let before = group.len();
        for (is_inside, event) in inside.iter_mut().zip(&parked) {
            if !*is_inside && group.blocks_keys(&event.keys()) {
                *is_inside = true;
                group.add(&event.keys());
            }
        }
        if group.len() == before {
            break;
        }
    }
    parked.into_iter().zip(inside).filter_map(|(event, inside)| inside.then_some(event)).collect()
}
