//! One group: what it delivers, to whom, and what becomes of the answers.
//!
//! *Invariant.* Every event from the group's start on is either before the checkpoint, or waiting, or
//! in flight, or still to be read: none is lost, and after a restart those behind the checkpoint come
//! again. *Shape.* [`Group::pump`] moves events to consumers as long as one has room.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::consumer::{Consumer, Delivery, Newcomer};
use super::key::{Source, readable_from};
use super::message::{InFlight, Message};
use super::settings::{Entry, Strategy};
use crate::filter::Filter;
use crate::model::Log;
use crate::store::Store;

/// What a consumer answers for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is done, or to be left out.
    Done,
    /// It is to come again.
    Retry,
    /// It is to be put aside.
    Park,
}

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) entry: Entry,
    pub(super) filter: Option<Filter>,
    /// The place that is read next.
    pub(super) next: u64,
    /// The place before which all is done, as it was written last.
    pub(super) checkpointed: u64,
    pub(super) checkpoint_time: Instant,
    pub(super) consumers: Vec<Consumer>,
    /// Those that come before what is read.
    pub(super) waiting: VecDeque<Message>,
    pub(super) in_flight: HashMap<Uuid, InFlight>,
    turn: usize,
    pub(super) total: i64,
}

impl Group {
    pub(super) fn new(entry: Entry, filter: Option<Filter>, place: u64) -> Self {
        Self {
            entry,
            filter,
            next: place,
            checkpointed: place,
            checkpoint_time: Instant::now(),
            consumers: Vec::new(),
            waiting: VecDeque::new(),
            in_flight: HashMap::new(),
            turn: 0,
            total: 0,
        }
    }

    /// Whether one more consumer may take part.
    pub(super) fn has_room(&self) -> bool {
        let limit = usize::try_from(self.entry.settings.max_subscriber_count).unwrap_or(0);
        limit == 0 || self.consumers.len() < limit
    }

    pub(super) fn join(
        &mut self,
        about: Newcomer,
        deliveries: mpsc::UnboundedSender<Delivery>,
    ) -> Uuid {
        let id = Uuid::new_v4();
        self.consumers.push(Consumer { id, about, in_flight: 0, total: 0, deliveries });
        id
    }

    /// Takes a consumer out; what it did not answer for goes to others.
    pub(super) fn leave(&mut self, consumer: Uuid) {
        self.consumers.retain(|known| known.id != consumer);
        let its = self.in_flight.iter().filter(|(_, sent)| sent.consumer == consumer);
        for id in its.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(mut sent) = self.in_flight.remove(&id) {
                sent.message.retries += 1;
                self.wait_in_order(sent.message);
            }
        }
    }

    /// Takes a consumer's answer.
    pub(super) fn answer(
        &mut self,
        store: &Store,
        consumer: Uuid,
        id: Uuid,
        answer: Answer,
        reason: &str,
    ) {
        if self.in_flight.get(&id).is_none_or(|sent| sent.consumer != consumer) {
            return;
        }
        let Some(message) = self.take_back(id) else { return };
        match answer {
            Answer::Done => {}
            Answer::Retry => self.retry(store, message, reason),
            Answer::Park => self.park(store, &message, reason),
        }
        self.checkpoint(store, false);
    }

    /// Does what time asks for: what was not answered in time comes again, and the checkpoint is
    /// written.
    pub(super) fn tick(&mut self, store: &Store) {
        let limit = u64::try_from(self.entry.settings.message_timeout).unwrap_or(0);
        if limit > 0 {
            let limit = Duration::from_millis(limit);
            let late = self.in_flight.iter().filter(|(_, sent)| sent.since.elapsed() >= limit);
            for id in late.map(|(id, _)| *id).collect::<Vec<_>>() {
                if let Some(message) = self.take_back(id) {
                    self.retry(store, message, "timed out");
                }
            }
        }
        self.checkpoint(store, true);
    }

    /// Sends events to consumers as long as one has room.
    pub(super) fn pump(&mut self, store: &Store) {
        while self.consumers.iter().any(|consumer| consumer.free_slots() > 0) {
            let Some(message) = self.take_next(store) else { return };
            if self.in_flight.contains_key(&message.id) {
                continue;
            }
            let Some(index) = self.choose(&message) else {
                self.waiting.push_front(message);
                return;
            };
            self.send(index, message);
        }
    }

    fn send(&mut self, index: usize, message: Message) {
        let Some(consumer) = self.consumers.get_mut(index) else { return };
        let (id, since) = (consumer.id, Instant::now());
        let is_there = consumer.deliver(message.event.clone(), message.retries);
        self.total += 1;
        self.in_flight.insert(message.id, InFlight { message, consumer: id, since });
        if !is_there {
            self.leave(id);
        }
    }

    fn take_back(&mut self, id: Uuid) -> Option<Message> {
        let sent = self.in_flight.remove(&id)?;
        if let Some(consumer) = self.consumers.iter_mut().find(|known| known.id == sent.consumer) {
            consumer.in_flight -= 1;
        }
        Some(sent.message)
    }

    fn retry(&mut self, store: &Store, mut message: Message, reason: &str) {
        if message.retries >= self.entry.settings.max_retry_count {
            self.park(store, &message, reason);
            return;
        }
        message.retries += 1;
        self.wait_in_order(message);
    }

    fn wait_in_order(&mut self, message: Message) {
        let place = self.waiting.partition_point(|other| other.place <= message.place);
        self.waiting.insert(place, message);
    }

    fn choose(&mut self, message: &Message) -> Option<usize> {
        let is_free = |consumer: &Consumer| consumer.free_slots() > 0;
        let count = self.consumers.len();
        match self.entry.settings.strategy {
            Strategy::DispatchToSingle => self.consumers.iter().position(is_free),
            Strategy::RoundRobin => {
                let turns = (0..count).map(|step| (self.turn + step) % count);
                let index = turns
                    .into_iter()
                    .find(|&index| self.consumers.get(index).is_some_and(is_free))?;
                self.turn = index + 1;
                Some(index)
            }
            Strategy::Pinned | Strategy::PinnedByCorrelation => {
                let mut hasher = DefaultHasher::new();
                message.event.event.as_ref().map(|event| &event.stream).hash(&mut hasher);
                let index = usize::try_from(hasher.finish() % (count as u64)).ok()?;
                self.consumers.get(index).is_some_and(is_free).then_some(index)
            }
        }
    }

    fn take_next(&mut self, store: &Store) -> Option<Message> {
        self.waiting.pop_front().or_else(|| store.read(|log| self.read_next(log)))
    }

    fn read_next(&mut self, log: &Log) -> Option<Message> {
        let Self { entry, filter, next, .. } = self;
        let follow = entry.settings.resolve_links;
        let (place, record) = match &entry.key.source {
            Source::Stream(stream) => {
                let from = readable_from(log, stream, *next)?;
                let record = log.slice(stream, from, u64::MAX, 1).pop()?;
                (from, record)
            }
            Source::All => {
                let records = log.records().get(usize::try_from(*next).ok()?..)?;
                let is_wanted = |stream: &str| !entry.key.owns(stream);
                let Some(skipped) = records.iter().position(|record| {
                    is_wanted(&record.stream)
                        && filter.as_ref().is_none_or(|filter| filter.wants(record))
                }) else {
                    *next = log.records().len() as u64;
                    return None;
                };
                (*next + skipped as u64, records.get(skipped)?.clone())
            }
        };
        *next = place + 1;
        Message::new(log.resolve(record, follow), Some(place))
    }
}
