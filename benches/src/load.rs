//! Many senders at once.

use std::future::Future;
use std::time::{Duration, Instant};

use factum::StreamName;

use crate::Result;

/// One of the streams that are written to. It belongs to one sender at a time, which so knows its
/// newest revision.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its number, from 0.
    pub number: u32,
    /// Its name.
    pub stream: StreamName,
    /// The revision that its next event gets.
    pub next: u64,
}

/// What is written to.
pub trait Target: Clone + Send + Sync + 'static {
    /// Appends one event to the stream of the slot, and waits until it is durable.
    fn send(&self, slot: &Slot) -> impl Future<Output = Result<()>> + Send;
}

/// The streams of one target.
#[derive(Debug)]
pub struct Load<T> {
    target: T,
    slots: Vec<Slot>,
}

impl<T: Target> Load<T> {
    /// A load on so many streams of a category, all without events.
    ///
    /// # Errors
    /// If the category cannot begin the name of a stream.
    pub fn new(target: T, category: &str, streams: u32) -> Result<Self> {
        let slot = |number: u32| {
            Ok(Slot { number, stream: StreamName::of(category, &number.to_string())?, next: 0 })
        };
        Ok(Self { target, slots: (0..streams).map(slot).collect::<Result<_>>()? })
    }

    /// Appends one event to each stream, so that all of them are there.
    ///
    /// # Errors
    /// What the target fails with.
    pub async fn touch(&mut self) -> Result<()> {
        self.run(256, |sender| sender.touch()).await.map(drop)
    }

    /// How many events a second so many senders append, each one after another to streams of its own
    /// in random order, for a while.
    ///
    /// # Errors
    /// What the target fails with.
    pub async fn rate(&mut self, senders: usize, time: Duration) -> Result<f64> {
        let start = Instant::now();
        let sent = self.run(senders, move |sender| sender.send_until(start + time)).await?;
        Ok(sent as f64 / start.elapsed().as_secs_f64())
    }

    async fn run<W>(&mut self, senders: usize, work: impl Fn(Sender<T>) -> W) -> Result<u64>
    where
        W: Future<Output = Result<(u64, Vec<Slot>)>> + Send + 'static,
    {
        let mut slots = std::mem::take(&mut self.slots);
        let mut tasks = Vec::with_capacity(senders);
        for left in (1..=senders).rev() {
            let own = slots.split_off(slots.len() - slots.len() / left);
            tasks.push(tokio::spawn(work(Sender { target: self.target.clone(), slots: own })));
        }
        let mut sent = 0;
        for task in tasks {
            let (count, own) = task.await??;
            sent += count;
            self.slots.extend(own);
        }
        Ok(sent)
    }
}

struct Sender<T> {
    target: T,
    slots: Vec<Slot>,
}

impl<T: Target> Sender<T> {
    async fn touch(mut self) -> Result<(u64, Vec<Slot>)> {
        for slot in &mut self.slots {
            self.target.send(slot).await?;
            slot.next += 1;
        }
        Ok((self.slots.len() as u64, self.slots))
    }

    async fn send_until(mut self, end: Instant) -> Result<(u64, Vec<Slot>)> {
        let mut sent = 0;
        while Instant::now() < end {
            let place = fastrand::usize(..self.slots.len());
            if let Some(slot) = self.slots.get_mut(place) {
                self.target.send(slot).await?;
                slot.next += 1;
                sent += 1;
            }
        }
        Ok((sent, self.slots))
    }
}

/// The time that events are said to have happened at.
pub fn now() -> factum::Timestamp {
    factum::time::Clock::now(&factum::time::SystemClock)
}
