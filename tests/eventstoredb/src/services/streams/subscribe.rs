//! Subscriptions to a stream.
//!
//! *Problem.* What is written while a subscription catches up must come once, and in its order.
//! *Shape.* A subscription is a cursor that reads on whenever the log has grown; it is live from the
//! first time that there is nothing left, and from then on sees also what was truncated since.

use std::sync::Arc;

use tokio::sync::watch;

use super::options::{From, Shape, reply};
use super::read::send;
use super::{Gone, Replies};
use crate::errors::stream_deleted;
use crate::faults::{EndOfSubscription, Faults};
use crate::model::{Log, Record, Visible};
use crate::store::Store;
use crate::wire::streams::read_resp::{Confirmation, Content};

const PAGE: usize = 32;

/// A subscription to a stream.
#[derive(Debug)]
pub(super) struct StreamSubscription {
    name: String,
    next: u64,
    is_live: bool,
    shape: Shape,
    end: EndOfSubscription,
    growth: watch::Receiver<usize>,
}

/// What the cursor has before it.
enum Ahead {
    Events(Vec<Arc<Record>>),
    Nothing,
    Ended(Option<Arc<Record>>),
}

impl StreamSubscription {
    pub(super) fn new(
        store: &Store,
        faults: &Faults,
        name: String,
        from: From,
        shape: Shape,
    ) -> Self {
        let next = match from {
            From::Start => 0,
            From::At(number) => number.saturating_add(1),
            From::End => store.read(|log| log.last_number(&name) + 1).unsigned_abs(),
        };
        let (end, growth) = (faults.end_of_subscription(), store.growth());
        Self { name, next, is_live: false, shape, end, growth }
    }

    pub(super) async fn run(mut self, store: Store, replies: Replies) {
        // A client that is gone needs no more.
        let _ = self.follow(&store, &replies).await;
    }

    async fn follow(&mut self, store: &Store, replies: &Replies) -> Result<(), Gone> {
        confirm(replies).await?;
        while !self.end.is_now() {
            self.growth.mark_unchanged();
            match store.read(|log| self.ahead(log)) {
                Ahead::Events(events) => {
                    for record in events {
                        self.next = record.revision() + 1;
                        if self.send_event(store, replies, record).await? {
                            return Ok(());
                        }
                    }
                }
                Ahead::Nothing => {
                    if !std::mem::replace(&mut self.is_live, true) {
                        send(replies, reply(Content::CaughtUp(()))).await?;
                    }
                    wait(&mut self.growth, &self.end, replies).await?;
                }
                Ahead::Ended(tombstone) => {
                    if let Some(record) = tombstone.filter(|_| self.is_live) {
                        self.send_event(store, replies, record).await?;
                    }
                    let _ = replies.send(Err(stream_deleted(&self.name))).await;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn ahead(&self, log: &Log) -> Ahead {
        let visible = log.visible(&self.name);
        let first = match visible {
            _ if self.is_live => self.next,
            Visible::Events { first, .. } => self.next.max(first),
            Visible::Missing | Visible::Ended => u64::MAX,
        };
        let events = log.slice(&self.name, first, u64::MAX, PAGE);
        if !events.is_empty() {
            return Ahead::Events(events);
        }
        match visible {
            Visible::Ended => {
                Ahead::Ended(log.stream(&self.name).and_then(|stream| stream.tombstone.clone()))
            }
            _ => Ahead::Nothing,
        }
    }

    /// Sends an event; whether the subscription ends with it.
    async fn send_event(
        &mut self,
        store: &Store,
        replies: &Replies,
        record: Arc<Record>,
    ) -> Result<bool, Gone> {
        let event = store.read(|log| log.resolve(record, self.shape.follow_links));
        send(replies, self.shape.event(&event)).await?;
        Ok(self.end.after_event())
    }
}

/// Tells the client that it is subscribed.
pub(super) async fn confirm(replies: &Replies) -> Result<(), Gone> {
    let subscription_id = uuid::Uuid::new_v4().to_string();
    send(replies, reply(Content::Confirmation(Confirmation { subscription_id }))).await
}

/// Waits until the log has grown or the subscription is to end.
pub(super) async fn wait(
    growth: &mut watch::Receiver<usize>,
    end: &EndOfSubscription,
    replies: &Replies,
) -> Result<(), Gone> {
    tokio::select! {
        grown = growth.changed() => grown.map_err(|_| Gone),
        () = end.wait() => Ok(()),
        () = replies.closed() => Err(Gone),
    }
}
