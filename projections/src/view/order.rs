use std::time::Duration;

use factum_core::Projection;
use tokio::sync::oneshot;

use super::{QueryError, View};
use crate::ProjectionError;
use crate::runner::{Answer, Command};

/// How often something is asked for again if the slice that it concerns was taken by another process
/// just then, or changed by a command, and how long after: the projection takes it back for that.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

impl<V: Projection> View<V> {
    /// Asks the projection for something, and waits for the answer.
    pub(super) async fn order<T>(
        &self,
        command: impl Fn(Answer<T>) -> Command,
    ) -> Result<T, QueryError> {
        let mut tries = 1;
        loop {
            let answered = self.order_once(&command).await;
            let passed = matches!(
                &answered,
                Err(QueryError::Ended(
                    ProjectionError::Moved { .. } | ProjectionError::Overtaken { .. }
                ))
            );
            if !passed || tries == TRIES {
                return answered;
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn order_once<T>(&self, command: impl Fn(Answer<T>) -> Command) -> Result<T, QueryError> {
        let ended = || {
            let reached = &self.current.borrow().reached;
            reached.ended().unwrap_or(ProjectionError::Stopped { view: reached.view() })
        };
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| ended())?;
        Ok(answered.await.map_err(|_| ended())??)
    }
}
