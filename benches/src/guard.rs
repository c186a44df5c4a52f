//! Guards by tags beside exact revisions, on any store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use factum::store::{
    Clause, Commit, EventStore, Expected, Guard, Metadata, NewEvent, Position, Query, Receipt,
    StreamWrite,
};
use factum::{EventName, Key, StreamName, Tag, Tags};
use fastrand::Rng;

use crate::load::now;
use crate::report::{figure, line, row, spread};
use crate::{Result, median};

/// How large the logs are that are measured.
pub const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const BOUNDARIES: usize = 10_000;
/// How many commits one append has while a log is filled.
pub const RUN: usize = 500;

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How many rounds of each kind, in turns.
    pub rounds: usize,
    /// How many appends one writer makes in a round.
    pub alone: usize,
    /// How many appends each of 64 writers makes in a round.
    pub together: usize,
}

/// How a measured append is protected, and what its event carries.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// By an exact revision, without tags.
    Plain,
    /// By an exact revision, with two tags.
    Exact,
    /// By a guard on two tags, with these two.
    Guarded,
}

/// A boundary of two tags, whose events have a stream of their own.
#[derive(Clone, Debug)]
struct Boundary {
    stream: StreamName,
    tags: Tags,
    query: Query,
    /// The newest event.
    revision: Option<u64>,
    position: Position,
}

/// A store with boundaries in it.
pub struct Subject {
    /// The store.
    pub store: Arc<dyn EventStore>,
    boundaries: Vec<Boundary>,
    payload: Bytes,
    random: Rng,
}

/// Microseconds an append, by round.
#[derive(Default)]
struct Times {
    plain: Vec<f64>,
    exact: Vec<f64>,
    guarded: Vec<f64>,
}

/// Prints what the columns are.
pub fn header(rounds: usize) {
    line(&format!("us an append: median (least-most) of {rounds} interleaved rounds"));
    row("", ["no tags", "exact revision", "guard by 2 tags", "guard / exact"]);
}

/// The figures of the last size, the largest one unless told otherwise.
pub fn figures(name: &str, ratios: &[(usize, f64)]) {
    for (writers, ratio) in ratios {
        let suffix = if *writers == 1 { String::new() } else { format!("_{writers}") };
        figure(&format!("tag_guard_ratio_{name}{suffix}"), *ratio, "ratio");
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

impl Subject {
    /// A store without boundaries yet.
    ///
    /// # Errors
    /// If a name does not do.
    pub fn new(store: Arc<dyn EventStore>) -> Result<Self> {
        let boundaries = (0..BOUNDARIES).map(Boundary::new).collect::<Result<_>>()?;
        let payload = format!("{{\"text\":\"{}\"}}", "x".repeat(245)).into();
        Ok(Self { store, boundaries, payload, random: Rng::with_seed(7) })
    }

    /// Appends so many events, in long runs; how long that took.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn fill(&mut self, events: usize, kind: Kind) -> Result<Duration> {
        let mut time = Duration::ZERO;
        let mut left = events;
        while left > 0 {
            let chosen = self.choose(RUN.min(left));
            left -= chosen.len();
            let commits = self.commits(&chosen, kind);
            let start = Instant::now();
            let outcomes = self.store.append(commits).await?;
            time += start.elapsed();
            let receipts = outcomes.into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
            self.note(&chosen, &receipts);
        }
        Ok(time)
    }

    /// Compares the kinds with one writer and with 64: how much longer a guard takes, by writers.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn measure(
        &mut self,
        name: &str,
        size: usize,
        effort: Effort,
    ) -> Result<Vec<(usize, f64)>> {
        let mut ratios = Vec::new();
        for (writers, appends) in [(1, effort.alone), (64, effort.together)] {
            let mut times = Times::default();
            // The first round fills caches.
            for round in 0..=effort.rounds {
                let plain = self.round(writers, appends, Kind::Plain).await?;
                let exact = self.round(writers, appends, Kind::Exact).await?;
                let guarded = self.round(writers, appends, Kind::Guarded).await?;
                if round > 0 {
                    times.plain.push(plain);
                    times.exact.push(exact);
                    times.guarded.push(guarded);
                }
            }
            ratios.push((writers, times.report(name, size, writers)));
        }
        Ok(ratios)
    }

    /// Lets each writer append so many commits, made before, one after another.
    async fn round(&mut self, writers: usize, appends: usize, kind: Kind) -> Result<f64> {
        let chosen = self.choose(writers * appends);
        let mut commits = self.commits(&chosen, kind);
        let shares: Vec<_> =
            (0..writers).map(|_| commits.split_off(commits.len() - appends)).collect();
        let start = Instant::now();
        let tasks = shares.into_iter().map(|share| tokio::spawn(append(self.store.clone(), share)));
        let mut receipts = Vec::with_capacity(chosen.len());
        for task in tasks.collect::<Vec<_>>().into_iter().rev() {
            receipts.extend(task.await??);
        }
        let micros = start.elapsed().as_secs_f64() * 1e6 / chosen.len() as f64;
        self.note(&chosen, &receipts);
        Ok(micros)
    }

    /// Draws so many boundaries, each once.
    fn choose(&mut self, count: usize) -> Vec<usize> {
        self.random.choose_multiple(0..BOUNDARIES, count)
    }

    fn commits(&self, chosen: &[usize], kind: Kind) -> Vec<Commit> {
        let boundaries = chosen.iter().filter_map(|number| self.boundaries.get(*number));
        boundaries.map(|boundary| boundary.commit(kind, &self.payload)).collect()
    }

    fn note(&mut self, chosen: &[usize], receipts: &[Receipt]) {
        for (number, receipt) in chosen.iter().zip(receipts) {
            if let Some(boundary) = self.boundaries.get_mut(*number) {
                boundary.position = receipt.mark.position;
                boundary.revision = receipt.writes.first().map(|written| written.last);
            }
        }
    }
}

async fn append(store: Arc<dyn EventStore>, commits: Vec<Commit>) -> Result<Vec<Receipt>> {
    let mut receipts = Vec::with_capacity(commits.len());
    for commit in commits {
        for outcome in store.append(vec![commit]).await? {
            receipts.push(outcome?);
        }
    }
    Ok(receipts)
}

impl Boundary {
    fn new(number: usize) -> Result<Self> {
        let stream = StreamName::of("enrolment", &format!("course-{number}+student-{number}"))?;
        let course = Tag::new("course", &format!("course-{number}"))?;
        let student = Tag::new("student", &format!("student-{number}"))?;
        let clause = |tag: &Tag| Clause {
            contexts: vec!["enrolment".to_owned(), "course".to_owned()],
            tags: [tag.clone()].into_iter().collect(),
            ..Clause::default()
        };
        let query = Query::AnyOf(vec![clause(&course), clause(&student)]);
        let tags = [course, student].into_iter().collect();
        Ok(Self { stream, tags, query, revision: None, position: Position::START })
    }

    fn commit(&self, kind: Kind, payload: &Bytes) -> Commit {
        let (tags, guard) = match kind {
            Kind::Plain => (Tags::none(), None),
            Kind::Exact => (self.tags.clone(), None),
            Kind::Guarded => {
                let guard = Guard { query: self.query.clone(), after: self.position };
                (self.tags.clone(), Some(guard))
            }
        };
        let expected = match (kind, self.revision) {
            (Kind::Guarded, _) => Expected::Any,
            (_, Some(revision)) => Expected::Revision(revision),
            (_, None) => Expected::NoStream,
        };
        let (name, payload) = (EventName::fixed("enrolment.made"), payload.clone());
        let event = NewEvent { name, version: 1, tags, payload };
        let write = StreamWrite { stream: self.stream.clone(), expected, events: vec![event] };
        let meta = Metadata { time: now(), ..Metadata::default() };
        Commit { key: Key::now_v7(), meta, writes: vec![write], guard, views: Vec::new() }
    }
}

impl Times {
    /// Prints them; how much longer a guard takes than an exact revision.
    fn report(&self, name: &str, size: usize, writers: usize) -> f64 {
        let ratios = |one: &[f64], other: &[f64]| -> Vec<f64> {
            one.iter().zip(other).map(|(one, other)| one / other).collect()
        };
        let guard = ratios(&self.guarded, &self.exact);
        let digits = if median(self.exact.iter().copied()) < 10.0 { 2 } else { 0 };
        let of = |times: &[f64]| spread(times, digits);
        let label = format!("{name}, {size}, {writers} writers");
        let cells = [of(&self.plain), of(&self.exact), of(&self.guarded), spread(&guard, 2)];
        row(&label, cells);
        let suffix = if writers == 1 { String::new() } else { format!("_{writers}") };
        let guard = median(guard);
        figure(&format!("tag_guard_ratio_{name}{suffix}_{size}"), guard, "ratio");
        let carried = median(ratios(&self.exact, &self.plain));
        figure(&format!("tags_ratio_{name}{suffix}_{size}"), carried, "ratio");
        guard
    }
}
