use std::collections::HashMap;

use factum_core::Key;
use factum_core::store::{Commit, Expected, Guard, Limits, Past, check_commit};
use uuid::Uuid;

use super::clauses::{Clashes, Clauses};
use super::fault::integer;
use super::row::{write_headers, write_tags};
use super::run::Run;

/// What one call appends, at the most.
const COMMITS: usize = 512;
const BYTES: usize = 8 * 1024 * 1024;

/// What one call appends: the columns of its arguments, each a list. They refer to each other by place,
/// from 1: see the procedure `append`.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    /// For each run, the next of its commits in order: those that are sent, and bad ones between them.
    pub(super) parts: Vec<Vec<Sent>>,
    /// The commits that are sent.
    pub(super) sent: Vec<&'a Commit>,
    pub(super) commits: Commits,
    pub(super) streams: Vec<&'a str>,
    pub(super) writes: Writes,
    pub(super) events: Events<'a>,
    pub(super) clauses: Clauses,
    pub(super) clashes: Clashes<'a>,
    by_key: HashMap<Key, i32>,
    by_stream: HashMap<&'a str, i32>,
    bytes: usize,
}

/// A commit of a run, in the order of the run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent {
    /// The commit at this place of the group, and its first write.
    Here {
        commit: usize,
        write: usize,
    },
    Bad,
}

#[derive(Debug, Default)]
pub(super) struct Commits {
    pub(super) run: Vec<i32>,
    pub(super) key: Vec<Uuid>,
    pub(super) twin: Vec<i32>,
    pub(super) doomed: Vec<bool>,
    pub(super) after: Vec<Option<i64>>,
    pub(super) writes: Vec<i32>,
    pub(super) events: Vec<i32>,
}

#[derive(Debug, Default)]
pub(super) struct Writes {
    pub(super) stream: Vec<i32>,
    pub(super) expected: Vec<i64>,
    pub(super) events: Vec<i32>,
}

#[derive(Debug, Default)]
pub(super) struct Events<'a> {
    pub(super) commit: Vec<i32>,
    pub(super) write: Vec<i32>,
    pub(super) key: Vec<Uuid>,
    pub(super) time: Vec<i64>,
    pub(super) correlation: Vec<Option<Uuid>>,
    pub(super) causation: Vec<Option<Uuid>>,
    pub(super) actor: Vec<Option<&'a [u8]>>,
    pub(super) command: Vec<Option<&'a [u8]>>,
    pub(super) digest: Vec<Option<i64>>,
    pub(super) headers: Vec<Option<String>>,
    pub(super) stream: Vec<&'a str>,
    pub(super) name: Vec<&'a str>,
    pub(super) version: Vec<i32>,
    pub(super) tags: Vec<Option<String>>,
    pub(super) payload: Vec<&'a [u8]>,
    pub(super) tag_event: Vec<i32>,
    pub(super) tag: Vec<&'a str>,
}

impl<'a> Group<'a> {
    /// As much of the runs as one call takes, at least one commit.
    pub(super) fn of(runs: &'a [Run], limits: &Limits) -> Self {
        let mut group = Self::default();
        for (number, run) in runs.iter().enumerate() {
            group.add_run(number, run, limits);
        }
        group
    }

    /// Whether a commit changes rows of views.
    pub(super) fn has_views(&self) -> bool {
        self.sent.iter().any(|commit| !commit.views.is_empty())
    }

    fn is_full(&self) -> bool {
        self.commits.key.len() >= COMMITS || self.bytes >= BYTES
    }

    fn add_run(&mut self, number: usize, run: &'a Run, limits: &Limits) {
        let mut part = Vec::new();
        // What the bad ones among these commits do to those after them.
        let mut bad_past = Past::new();
        let done = run.outcomes.len();
        for (index, commit) in (done..).zip(run.rest()) {
            if self.is_full() {
                break;
            }
            if let Err(bad) = check_commit(commit, limits) {
                bad_past.add(index, commit, &Err(bad.into()));
                part.push(Sent::Bad);
                continue;
            }
            let doomed = run.past.check(commit).is_err() || bad_past.check(commit).is_err();
            let (place, write) = (self.commits.key.len(), self.writes.stream.len());
            part.push(Sent::Here { commit: place, write });
            self.add_commit(number, commit, doomed, run);
        }
        if run.rest().iter().any(|commit| commit.guard.is_some()) {
            self.clauses.ignore(count(number + 1), &run.own);
        }
        self.parts.push(part);
    }

    fn add_commit(&mut self, run: usize, commit: &'a Commit, doomed: bool, of: &Run) {
        let place = count(self.commits.key.len() + 1);
        self.sent.push(commit);
        let columns = &mut self.commits;
        columns.run.push(count(run + 1));
        columns.key.push(commit.key.uuid());
        columns.twin.push(self.by_key.insert(commit.key, place).unwrap_or_default());
        columns.doomed.push(doomed);
        let after = |guard: &Guard| integer(of.own.behind(guard.after).number());
        columns.after.push(commit.guard.as_ref().map(after));
        columns.writes.push(count(commit.writes.len()));
        if let Some(guard) = &commit.guard {
            self.clauses.add(place, guard);
        }
        self.clashes.add(place, count(run + 1), commit);
        let events = self.add_writes(place, commit);
        self.commits.events.push(events);
    }

    /// Adds the writes of a commit; how many events they have.
    fn add_writes(&mut self, commit: i32, of: &'a Commit) -> i32 {
        let before = self.events.name.len();
        let headers = write_headers(&of.meta.headers);
        for write in &of.writes {
            let stream: &str = &write.stream;
            let next = count(self.streams.len() + 1);
            let number = *self.by_stream.entry(stream).or_insert(next);
            if number == next {
                self.streams.push(stream);
            }
            self.writes.stream.push(number);
            self.writes.expected.push(expected(write.expected));
            self.writes.events.push(count(write.events.len()));
            let place = count(self.writes.stream.len());
            for event in &write.events {
                self.events.commit.push(commit);
                self.events.write.push(place);
                self.events.add_meta(of, headers.clone());
                self.events.stream.push(stream);
                self.events.name.push(&event.name);
                self.events.version.push(event.version.cast_signed());
                self.events.tags.push(write_tags(&event.tags));
                self.events.payload.push(&event.payload);
                let event_place = count(self.events.name.len());
                for tag in event.tags.as_slice() {
                    self.events.tag_event.push(event_place);
                    self.events.tag.push(tag.as_str());
                }
                self.bytes += event.payload.len();
            }
        }
        count(self.events.name.len() - before)
    }
}

impl<'a> Events<'a> {
    /// What the next event has of its commit.
    fn add_meta(&mut self, commit: &'a Commit, headers: Option<String>) {
        let meta = &commit.meta;
        self.key.push(commit.key.uuid());
        self.time.push(meta.time.as_micros());
        self.correlation.push(meta.correlation);
        self.causation.push(meta.causation);
        self.actor.push(meta.actor.as_deref().map(str::as_bytes));
        self.command.push(meta.command.as_ref().map(|command| command.name.as_bytes()));
        self.digest.push(meta.command.as_ref().map(|command| command.digest.cast_signed()));
        self.headers.push(headers);
    }
}

/// What is expected of a stream, as the procedure takes it: a revision, or one of these.
fn expected(expected: Expected) -> i64 {
    const NONE: i64 = -1;
    const SOME: i64 = -2;
    const ANY: i64 = -3;
    const NEVER: i64 = -4;
    match expected {
        Expected::Any => ANY,
        Expected::NoStream => NONE,
        Expected::Exists => SOME,
        // No stored event has a revision beyond the server's range.
        Expected::Revision(revision) => i64::try_from(revision).unwrap_or(NEVER),
    }
}

/// A number of things in a group, which is bounded far below this type's range.
pub(super) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
