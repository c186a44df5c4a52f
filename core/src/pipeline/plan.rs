use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::loader::Warm;
use super::request::{Answer, Job};
use super::target::Target;
use super::{Done, SendError};
use crate::store::{Commit, Expected, Guard, Metadata, NewEvent, Position, StreamWrite};
use crate::time::Clock;
use crate::{Aggregate, Event, EventName, EventType, Key, StreamName, Tags, Timestamp};

/// A run takes in no further command once its payloads have this many bytes.
const RUN_BYTES: usize = 4 * 1024 * 1024;

/// How many bytes of payload a command is expected to lead to, so that their buffer seldom moves.
const USUAL_PAYLOAD: usize = 64;

/// What was decided on one state, in order, and is not answered yet. The state is ahead of the log
/// by what is to be committed.
pub(super) struct Plan<A: Aggregate> {
    pub(super) entries: VecDeque<Entry<A>>,
    /// The state took part of an event, and is to be dropped.
    pub(super) broken: bool,
    payloads: Vec<u8>,
    boundary: Option<Boundary>,
}

/// What is decided on besides a stream.
struct Boundary {
    tags: Tags,
    /// What protects the decision: the stream may be in any state.
    guard: Guard,
}

pub(super) struct Entry<A: Aggregate> {
    pub(super) job: Job<A>,
    pub(super) verdict: Verdict<A>,
}

pub(super) enum Verdict<A: Aggregate> {
    /// Nothing is to be stored; the answer waits for what it was decided on.
    Held(Answer<A>),
    /// Events are to be stored.
    Commit(Decided<A::Event>),
}

pub(super) struct Decided<E> {
    pub(super) events: Vec<E>,
    expected: Expected,
    meta: Metadata,
    places: Vec<Place>,
}

/// Events, and where their payloads stand.
type Written<E> = (Vec<E>, Vec<Place>);

/// An event that is written already: its payload stands at this place of the plan's.
struct Place {
    event_type: EventType,
    tags: Tags,
    payload: Range<usize>,
}

impl Boundary {
    fn of<A: Aggregate>(target: &Target, after: Position) -> Option<Self> {
        let guard = target.guard::<A>(after)?;
        Some(Self { tags: target.tags().clone(), guard })
    }

    /// Whether the event will be in the fold when it is made anew.
    fn contains(&self, place: &Place) -> bool {
        place.tags.contain_any(&self.tags)
    }
}

/// Why a decision leads to no commit.
enum Failed<A: Aggregate> {
    Alone(SendError<A::Error>),
    /// The same, and the state is of no more use.
    Breaking(SendError<A::Error>),
}

impl<A: Aggregate> Plan<A> {
    /// Decides commands from the queue one after another, each on top of those before, and takes
    /// what follows into the state.
    pub(super) fn decide(
        queue: &mut VecDeque<Job<A>>,
        target: &Target,
        warm: &mut Warm<A>,
        clock: &dyn Clock,
    ) -> Self {
        let mut plan = Self {
            entries: VecDeque::with_capacity(queue.len()),
            broken: false,
            payloads: Vec::with_capacity(queue.len() * USUAL_PAYLOAD),
            boundary: Boundary::of::<A>(target, warm.position()),
        };
        while let Some(job) = queue.pop_front() {
            if plan.has(job.key) {
                // The same command twice: the second one is answered once the first one is.
                queue.push_front(job);
                break;
            }
            plan.add(job, &target.stream, warm, clock);
            if plan.broken || plan.payloads.len() >= RUN_BYTES {
                break;
            }
        }
        plan
    }

    fn has(&self, key: Key) -> bool {
        self.entries.iter().any(|entry| entry.job.chosen && entry.job.key == key)
    }

    fn add(&mut self, job: Job<A>, stream: &StreamName, warm: &mut Warm<A>, clock: &dyn Clock) {
        let verdict = match self.decided(&job, warm, clock) {
            Ok(decided) if decided.events.is_empty() => {
                Verdict::Held(Ok(unchanged(&job, stream, warm)))
            }
            Ok(decided) => Verdict::Commit(decided),
            Err(Failed::Alone(error)) => Verdict::Held(Err(error)),
            Err(Failed::Breaking(error)) => {
                self.broken = true;
                Verdict::Held(Err(error))
            }
        };
        self.entries.push_back(Entry { job, verdict });
    }

    fn decided(
        &mut self,
        job: &Job<A>,
        warm: &mut Warm<A>,
        clock: &dyn Clock,
    ) -> Result<Decided<A::Event>, Failed<A>> {
        let now = clock.now();
        let before = self.payloads.len();
        let decided = catch_unwind(AssertUnwindSafe(|| self.decide_and_write(job, warm, now)));
        let decided = decided.unwrap_or_else(|panic| Err(panicked(job, &*panic)));
        let (events, places) = decided.map_err(|error| {
            self.payloads.truncate(before);
            Failed::Alone(error)
        })?;
        let expected = match (&self.boundary, warm.revision) {
            (Some(_), _) => Expected::Any,
            (None, Some(revision)) => Expected::Revision(revision),
            (None, None) => Expected::NoStream,
        };
        for (event, place) in events.iter().zip(&places) {
            if self.boundary.as_ref().is_some_and(|boundary| !boundary.contains(place)) {
                continue;
            }
            catch_unwind(AssertUnwindSafe(|| warm.state.fold(event)))
                .map_err(|panic| Failed::Breaking(panicked(job, &*panic)))?;
        }
        if !events.is_empty() && self.boundary.is_none() {
            warm.revision = Some(warm.next() + events.len() as u64 - 1);
        }
        Ok(Decided { events, expected, meta: job.metadata(now), places })
    }

    /// Decides, and writes the payloads behind those of the commands before.
    fn decide_and_write(
        &mut self,
        job: &Job<A>,
        warm: &Warm<A>,
        now: Timestamp,
    ) -> Result<Written<A::Event>, SendError<A::Error>> {
        let decision = job.ask.decide(&warm.state, &job.context(now));
        let events = decision.map_err(SendError::Rejected)?.into_vec();
        let mut places = Vec::with_capacity(events.len());
        for event in &events {
            let (event_type, start) = (event.event_type(), self.payloads.len());
            let tags = event.tags().map_err(|problem| SendError::Tag {
                command: job.key,
                event: event_type.name,
                problem,
            })?;
            event.encode(&mut self.payloads).map_err(|problem| SendError::Encode {
                command: job.key,
                event: event_type.name,
                problem,
            })?;
            places.push(Place { event_type, tags, payload: start..self.payloads.len() });
        }
        Ok((events, places))
    }

    /// Takes the answers from the front that wait for nothing to be stored.
    pub(super) fn leading_answers(&mut self) -> impl Iterator<Item = (Job<A>, Answer<A>)> + '_ {
        std::iter::from_fn(|| match self.entries.pop_front()? {
            Entry { job, verdict: Verdict::Held(answer) } => Some((job, answer)),
            entry => {
                self.entries.push_front(entry);
                None
            }
        })
    }

    pub(super) fn has_commits(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.verdict, Verdict::Commit(_)))
    }

    /// The commits, in order. Their payloads share one allocation.
    pub(super) fn commits(&mut self, target: &Target) -> Vec<Commit> {
        let payloads = Bytes::from(std::mem::take(&mut self.payloads));
        let decided = self.entries.iter_mut().filter_map(|entry| match &mut entry.verdict {
            Verdict::Commit(decided) => Some((entry.job.key, decided)),
            Verdict::Held(_) => None,
        });
        let commit = |(key, decided): (Key, &mut Decided<A::Event>)| Commit {
            guard: self.boundary.as_ref().map(|boundary| boundary.guard.clone()),
            ..decided.commit(key, &target.stream, &payloads)
        };
        decided.map(commit).collect()
    }

    /// Puts everything back to the front of the queue, to be decided again.
    pub(super) fn undecide(self, queue: &mut VecDeque<Job<A>>) {
        for entry in self.entries.into_iter().rev() {
            queue.push_front(entry.job);
        }
    }
}

impl<E> Decided<E> {
    fn commit(&mut self, key: Key, stream: &StreamName, payloads: &Bytes) -> Commit {
        let places = std::mem::take(&mut self.places);
        let events = places.into_iter().map(|Place { event_type, tags, payload }| NewEvent {
            name: EventName::fixed(event_type.name),
            version: event_type.version,
            tags,
            payload: payloads.slice(payload),
        });
        let events = events.collect();
        let write = StreamWrite { stream: stream.clone(), expected: self.expected, events };
        Commit {
            key,
            meta: std::mem::take(&mut self.meta),
            writes: vec![write],
            guard: None,
            views: Vec::new(),
        }
    }
}

fn unchanged<A: Aggregate>(job: &Job<A>, stream: &StreamName, warm: &Warm<A>) -> Done<A> {
    Done {
        command: job.key,
        stream: stream.clone(),
        revision: warm.revision,
        // Corrected when the commits before it have positions.
        position: warm.position(),
        events: Vec::new(),
        repeated: false,
    }
}

fn panicked<A: Aggregate>(job: &Job<A>, panic: &(dyn std::any::Any + Send)) -> SendError<A::Error> {
    SendError::Panicked { command: job.key, message: crate::panic::message(panic) }
}
