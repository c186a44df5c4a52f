//! Tells those who wait when the transfers that they began have ended: one tail for all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use factum::EventName;
use factum::store::{Clause, EventStore, Query, Recorded, Tailed};
use factum_benches::Result;
use futures_util::StreamExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Each transfer that has ended or is waited for, by the id of its instance.
#[derive(Clone, Default)]
pub(crate) struct Ends(Arc<Mutex<HashMap<String, Side>>>);

/// Which side came first.
enum Side {
    Waiter(oneshot::Sender<()>),
    Ended,
}

impl Ends {
    /// Follows the log from its end on, until the task is aborted or the store is closed.
    pub(crate) async fn follow(store: Arc<dyn EventStore>) -> Result<(Self, JoinHandle<()>)> {
        let (ends, after) = (Self::default(), store.head().await?);
        // A transfer sends one command: with its answer it has ended.
        let names = vec![EventName::fixed("saga.answered")];
        let query = Query::AnyOf(vec![Clause { names, ..Clause::default() }]);
        let mut tail = store.tail(query, Some(after));
        let follower = ends.clone();
        let task = tokio::spawn(async move {
            while let Some(Ok(tailed)) = tail.next().await {
                if let Tailed::Events(events) = tailed {
                    events.iter().for_each(|event| follower.ended(event));
                }
            }
        });
        Ok((ends, task))
    }

    /// Waits until an instance has ended.
    pub(crate) async fn wait(&self, id: String) -> Result<()> {
        let ended = {
            let mut sides = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(sides.remove(&id), Some(Side::Ended)) {
                return Ok(());
            }
            let (waiter, ended) = oneshot::channel();
            sides.insert(id, Side::Waiter(waiter));
            ended
        };
        Ok(ended.await?)
    }

    fn ended(&self, event: &Recorded) {
        let mut sides = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = event.at.stream.id();
        match sides.remove(id) {
            // Whoever waited may be gone.
            Some(Side::Waiter(waiter)) => drop(waiter.send(())),
            _ => drop(sides.insert(id.to_owned(), Side::Ended)),
        }
    }
}
