//! Reads that end.

use tonic::Status;

use super::options::{From, Shape, reply};
use super::{Gone, Replies};
use crate::errors::stream_deleted;
use crate::filter::Filter;
use crate::model::{Direction, Resolved, Visible};
use crate::services::convert::identifier_of;
use crate::store::Store;
use crate::wire::streams::read_resp::{Content, NotFound};

/// How many events are looked at under one lock.
const PAGE: usize = 32;

/// A read of one stream.
#[derive(Debug)]
pub(super) struct StreamRead {
    name: String,
    from: From,
    count: u64,
    shape: Shape,
}

impl StreamRead {
    pub(super) fn new(
        store: &Store,
        name: String,
        from: From,
        count: u64,
        shape: Shape,
    ) -> Result<Self, Status> {
        match store.read(|log| log.visible(&name)) {
            Visible::Ended => Err(stream_deleted(&name)),
            _ => Ok(Self { name, from, count, shape }),
        }
    }

    pub(super) async fn run(self, store: Store, replies: Replies) {
        // A client that is gone needs no more.
        let _ = self.send_all(&store, &replies).await;
    }

    async fn send_all(&self, store: &Store, replies: &Replies) -> Result<(), Gone> {
        match store.read(|log| log.visible(&self.name)) {
            Visible::Events { first, next } if self.shape.direction == Direction::Forwards => {
                self.forwards(store, replies, first, next).await
            }
            Visible::Events { first, next } => self.backwards(store, replies, first, next).await,
            Visible::Missing | Visible::Ended => {
                let stream_identifier = Some(identifier_of(&self.name));
                send(replies, reply(Content::StreamNotFound(NotFound { stream_identifier }))).await
            }
        }
    }

    async fn forwards(
        &self,
        store: &Store,
        replies: &Replies,
        first: u64,
        next: u64,
    ) -> Result<(), Gone> {
        let from = match self.from {
            From::Start => 0,
            From::At(number) => number,
            From::End => next,
        };
        if self.shape.says_ends && from.saturating_add(PAGE as u64) <= first {
            send(replies, reply(Content::FirstStreamPosition(first))).await?;
        }
        let begin = from.max(first);
        let end = next.min(begin.saturating_add(self.count));
        let mut at = begin;
        while at < end {
            let page = self.page(store, at, end);
            at += page.len().max(1) as u64;
            self.send_page(replies, page).await?;
        }
        if self.shape.says_ends && begin.saturating_add(self.count) > next {
            send(replies, reply(Content::LastStreamPosition(next.saturating_sub(1)))).await?;
        }
        Ok(())
    }

    async fn backwards(
        &self,
        store: &Store,
        replies: &Replies,
        first: u64,
        next: u64,
    ) -> Result<(), Gone> {
        let mut end = match self.from {
            From::Start => 1,
            From::At(number) => number.saturating_add(1),
            From::End => next,
        }
        .min(next);
        let begin = first.max(end.saturating_sub(self.count));
        while begin < end {
            let from = begin.max(end.saturating_sub(PAGE as u64));
            let mut page = self.page(store, from, end);
            page.reverse();
            end = from;
            self.send_page(replies, page).await?;
        }
        Ok(())
    }

    fn page(&self, store: &Store, from: u64, to: u64) -> Vec<Resolved> {
        store.read(|log| {
            let page = log.slice(&self.name, from, to, PAGE);
            page.into_iter().map(|record| log.resolve(record, self.shape.follow_links)).collect()
        })
    }

    async fn send_page(&self, replies: &Replies, page: Vec<Resolved>) -> Result<(), Gone> {
        for event in page {
            send(replies, self.shape.event(&event)).await?;
        }
        Ok(())
    }
}

/// A read of `$all`; it does not see what is written after it began.
#[derive(Debug)]
pub(super) struct AllRead {
    /// The indices that are left.
    left: std::ops::Range<usize>,
    filter: Option<Filter>,
    count: u64,
    shape: Shape,
}

impl AllRead {
    pub(super) fn new(
        store: &Store,
        from: From,
        filter: Option<Filter>,
        count: u64,
        shape: Shape,
    ) -> Result<Self, Status> {
        let left = store.read(|log| {
            let length = log.records().len();
            let from = match from {
                From::Start => 0,
                From::At(position) => log.index_of(position)?,
                From::End => length,
            };
            Ok::<_, Status>(match shape.direction {
                Direction::Forwards => from..length,
                Direction::Backwards => 0..from,
            })
        })?;
        Ok(Self { left, filter, count, shape })
    }

    pub(super) async fn run(mut self, store: Store, replies: Replies) {
        while self.count > 0 && !self.left.is_empty() {
            for event in self.page(&store) {
                if send(&replies, self.shape.event(&event)).await.is_err() {
                    return;
                }
                self.count -= 1;
                if self.count == 0 {
                    return;
                }
            }
        }
    }

    /// The next of the events that the client wants; none if none of the page is one.
    fn page(&mut self, store: &Store) -> Vec<Resolved> {
        let page = match self.shape.direction {
            Direction::Forwards => {
                let start = self.left.start;
                self.left.start = self.left.end.min(start + PAGE);
                start..self.left.start
            }
            Direction::Backwards => {
                let end = self.left.end;
                self.left.end = self.left.start.max(end.saturating_sub(PAGE));
                self.left.end..end
            }
        };
        let mut events: Vec<_> = store.read(|log| {
            let records = log.records().get(page).unwrap_or_default().iter();
            let wanted = records
                .filter(|record| self.filter.as_ref().is_none_or(|filter| filter.wants(record)));
            wanted.map(|record| log.resolve(record.clone(), self.shape.follow_links)).collect()
        });
        if self.shape.direction == Direction::Backwards {
            events.reverse();
        }
        events
    }
}

/// Sends a reply.
pub(super) async fn send(
    replies: &Replies,
    reply: crate::wire::streams::ReadResp,
) -> Result<(), Gone> {
    replies.send(Ok(reply)).await.map_err(|_| Gone)
}
