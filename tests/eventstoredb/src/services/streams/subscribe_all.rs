//! Subscriptions to `$all`.

use std::sync::Arc;

use tokio::sync::watch;
use tonic::Status;

use super::options::{From, Shape, checkpoint, reply};
use super::read::send;
use super::subscribe::{confirm, wait};
use super::{Gone, Replies};
use crate::faults::{EndOfSubscription, Faults};
use crate::filter::Filter;
use crate::model::Record;
use crate::store::Store;
use crate::wire::streams::read_resp::Content;

const PAGE: usize = 64;

/// A subscription to `$all`.
#[derive(Debug)]
pub(super) struct AllSubscription {
    /// The index of the next record.
    next: usize,
    is_live: bool,
    filter: Option<Filter>,
    search: Search,
    shape: Shape,
    end: EndOfSubscription,
    growth: watch::Receiver<usize>,
}

/// How far a filter has looked, and what of it the client knows.
#[derive(Debug, Default)]
struct Search {
    since_checkpoint: u64,
    seen: Option<u64>,
    told: Option<u64>,
}

impl AllSubscription {
    pub(super) fn new(
        store: &Store,
        faults: &Faults,
        from: From,
        filter: Option<Filter>,
        shape: Shape,
    ) -> Result<Self, Status> {
        let next = store.read(|log| match from {
            From::Start => Ok(0),
            From::At(position) => log.index_after(position),
            From::End => Ok(log.records().len()),
        })?;
        let (end, growth) = (faults.end_of_subscription(), store.growth());
        let search = Search::default();
        Ok(Self { next, is_live: false, filter, search, shape, end, growth })
    }

    pub(super) async fn run(mut self, store: Store, replies: Replies) {
        // A client that is gone needs no more.
        let _ = self.follow(&store, &replies).await;
    }

    async fn follow(&mut self, store: &Store, replies: &Replies) -> Result<(), Gone> {
        confirm(replies).await?;
        while !self.end.is_now() {
            self.growth.mark_unchanged();
            let page = store.read(|log| {
                let end = log.records().len().min(self.next + PAGE);
                log.records().get(self.next..end).unwrap_or_default().to_vec()
            });
            if page.is_empty() {
                if !std::mem::replace(&mut self.is_live, true) {
                    self.go_live(replies).await?;
                }
                wait(&mut self.growth, &self.end, replies).await?;
            }
            for record in page {
                self.next += 1;
                if self.pass(store, replies, record).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn go_live(&mut self, replies: &Replies) -> Result<(), Gone> {
        if let Some(position) = self.search.due_now() {
            send(replies, checkpoint(position)).await?;
        }
        send(replies, reply(Content::CaughtUp(()))).await
    }

    /// Sends the record if it is wanted; whether the subscription ends with it.
    async fn pass(
        &mut self,
        store: &Store,
        replies: &Replies,
        record: Arc<Record>,
    ) -> Result<bool, Gone> {
        let position = record.position;
        let mut is_over = false;
        if self.filter.as_ref().is_none_or(|filter| filter.wants(&record)) {
            let event = store.read(|log| log.resolve(record, self.shape.follow_links));
            send(replies, self.shape.event(&event)).await?;
            is_over = self.end.after_event();
        }
        if let Some(filter) = &self.filter
            && let Some(position) = self.search.look_at(position, filter.checkpoint_every)
        {
            send(replies, checkpoint(position)).await?;
        }
        Ok(is_over)
    }
}

impl Search {
    /// Counts an event that the filter looked at; the checkpoint that is due with it.
    fn look_at(&mut self, position: u64, every: u64) -> Option<u64> {
        self.seen = Some(position);
        self.since_checkpoint += 1;
        if self.since_checkpoint < every { None } else { self.due_now() }
    }

    /// The checkpoint that is due, unless the client knows it.
    fn due_now(&mut self) -> Option<u64> {
        self.since_checkpoint = 0;
        let due = self.seen.filter(|_| self.seen != self.told);
        self.told = self.seen;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_comes_once_a_window_and_never_twice() {
        let mut search = Search::default();
        assert_eq!(search.due_now(), None);
        let due: Vec<_> = (1..=7).map(|position| search.look_at(position, 3)).collect();
        assert_eq!(due, [None, None, Some(3), None, None, Some(6), None]);
        assert_eq!(search.due_now(), Some(7));
        assert_eq!(search.due_now(), None);
    }
}
