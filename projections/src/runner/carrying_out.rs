//! What a manager does about the commands of views: it has the workers of the slices that they concern
//! carry them out, and joins their answers.

use std::ops::{BitOr, Range};

use factum_core::Projection;
use factum_core::view::{ViewError, ViewId};
use tokio::sync::{mpsc, oneshot};

use super::ProjectionError;
use super::commands::Command;
use super::manager::Manager;
use super::orders::{Answer, Order, Retried};
use super::slice::slice_of;

impl<P: Projection> Manager<P> {
    pub(super) async fn carry_out(&mut self, command: Command) {
        // Whoever gave it may be gone.
        match command {
            Command::Retry { row, answer } => {
                let slices = match &row {
                    Some(row) => self.slice_of(row),
                    None => 0..self.live.view.slices,
                };
                let order = |answer| Order::Retry { row: row.clone(), answer };
                let orders = self.order(slices, order).await;
                tokio::spawn(async move {
                    let sum = |a: Retried, b: Retried| Retried {
                        taken: a.taken + b.taken,
                        left: a.left + b.left,
                    };
                    drop(answer.send(answers(orders, sum).await));
                });
            }
            Command::Discard { slice, position, answer } => {
                let order = |answer| Order::Discard { position, answer };
                let orders = self.order(slice..slice + 1, order).await;
                tokio::spawn(async move { drop(answer.send(answers(orders, BitOr::bitor).await)) });
            }
            Command::RebuildRow { key, answer } => {
                let order = |answer| Order::RebuildRow { key: key.clone(), answer };
                let orders = self.order(self.slice_of(&key), order).await;
                tokio::spawn(async move { drop(answer.send(answers(orders, BitOr::bitor).await)) });
            }
            Command::Rebuild { pace, answer } => drop(answer.send(self.rebuild(pace).await)),
            Command::Cancel { answer } => drop(answer.send(self.cancel().await)),
            Command::Building { answer } => {
                let next = self.next.as_ref();
                drop(answer.send(Ok(next.map(|next| next.building.progress.reached()))));
            }
        }
    }

    /// The slice that a row is in.
    fn slice_of(&self, row: &str) -> Range<u16> {
        let slice = slice_of(row, self.live.view.slices);
        slice..slice + 1
    }

    /// Makes orders for some slices, which this process takes for it if need be.
    async fn order<T>(
        &mut self,
        slices: Range<u16>,
        order: impl Fn(Answer<T>) -> Order,
    ) -> Result<Vec<Ordered<T>>, ProjectionError> {
        let mut orders = Vec::new();
        for slice in slices {
            let Self { hub, place, workers, live, .. } = self;
            live.seize(slice, hub, place, workers).await?;
            let (answer, answered) = oneshot::channel();
            let view = live.view.id;
            let to = live.orders(slice).ok_or(ProjectionError::Moved { view })?;
            orders.push(Ordered { view, to, order: order(answer), answered });
        }
        Ok(orders)
    }
}

/// An order that is yet to be given, and where its answer comes.
struct Ordered<T> {
    view: ViewId,
    to: mpsc::Sender<Order>,
    order: Order,
    answered: oneshot::Receiver<Result<T, ProjectionError>>,
}

/// Gives the orders, and joins their answers.
async fn answers<T: Default>(
    orders: Result<Vec<Ordered<T>>, ProjectionError>,
    join: impl Fn(T, T) -> T,
) -> Result<T, ProjectionError> {
    let mut joined = T::default();
    for Ordered { view, to, order, answered } in orders? {
        // If the worker is gone, so is the other end of the answer.
        drop(to.send(order).await);
        match answered.await {
            Ok(Err(ProjectionError::Rows(ViewError::Fenced(fenced)))) if fenced.taken => {
                return Err(ProjectionError::Moved { view });
            }
            Ok(answer) => joined = join(joined, answer?),
            Err(_) => return Err(ProjectionError::Moved { view }),
        }
    }
    Ok(joined)
}
