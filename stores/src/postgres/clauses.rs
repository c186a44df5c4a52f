use std::collections::HashMap;

use factum_core::store::{Clause, Commit, Guard, NewEvent, Query};
use factum_core::{StreamName, Tag};

use super::fault::integer;
use super::group::count;
use super::sql::Filter;
use crate::own::Own;

/// The clauses of the guards of a group, as columns; and which positions the guards of a run ignore.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    pub(super) commit: Vec<i32>,
    pub(super) stream: Vec<Option<String>>,
    pub(super) tag: Vec<Option<String>>,
    pub(super) tags: Vec<Option<String>>,
    pub(super) names: Vec<Option<String>>,
    pub(super) contexts: Vec<Option<String>>,
    pub(super) ignored_by: Vec<i32>,
    pub(super) ignored_first: Vec<i64>,
    pub(super) ignored_last: Vec<i64>,
}

impl Clauses {
    /// Adds the guard of the commit at this place.
    pub(super) fn add(&mut self, commit: i32, guard: &Guard) {
        match &guard.query {
            Query::All => self.add_clause(commit, None, None),
            Query::Stream(stream) => self.add_clause(commit, Some(stream), None),
            Query::AnyOf(clauses) => {
                for filter in clauses.iter().filter_map(Filter::of) {
                    self.add_clause(commit, None, Some(filter));
                }
            }
        }
    }

    /// Lets the guards of a run ignore what is stored of it.
    pub(super) fn ignore(&mut self, run: i32, own: &Own) {
        for (first, last) in own.ranges() {
            self.ignored_by.push(run);
            self.ignored_first.push(integer(*first));
            self.ignored_last.push(integer(*last));
        }
    }

    fn add_clause(&mut self, commit: i32, stream: Option<&StreamName>, filter: Option<Filter>) {
        let lines = |texts: &[String]| (!texts.is_empty()).then(|| texts.join("\n"));
        let (tags, names, contexts) = filter
            .map_or_else(Default::default, |filter| (filter.tags, filter.names, filter.contexts));
        self.commit.push(commit);
        self.stream.push(stream.map(|stream| stream.to_string()));
        self.tag.push(tags.first().cloned());
        self.tags.push(lines(&tags).filter(|_| tags.len() > 1));
        self.names.push(lines(&names));
        self.contexts.push(lines(&contexts));
    }
}

/// Which events of a group the guards of other runs' later commits forbid.
#[derive(Debug, Default)]
pub(super) struct Clashes<'a> {
    pub(super) commit: Vec<i32>,
    pub(super) with: Vec<i32>,
    /// The event's place in its commit, from 0.
    pub(super) event: Vec<i32>,
    seen: Vec<Seen<'a>>,
    by_tag: HashMap<&'a Tag, Vec<usize>>,
}

/// An event of the group.
#[derive(Clone, Copy, Debug)]
struct Seen<'a> {
    run: i32,
    commit: i32,
    index: i32,
    stream: &'a StreamName,
    event: &'a NewEvent,
}

impl<'a> Clashes<'a> {
    /// Looks for what the commit's guard forbids among the events before, and adds its own.
    pub(super) fn add(&mut self, place: i32, run: i32, commit: &'a Commit) {
        if let Some(guard) = &commit.guard {
            for event in self.forbidden(&guard.query) {
                if event.run != run {
                    self.commit.push(place);
                    self.with.push(event.commit);
                    self.event.push(event.index);
                }
            }
        }
        let events =
            commit.writes.iter().flat_map(|w| w.events.iter().map(|event| (&w.stream, event)));
        for (index, (stream, event)) in events.enumerate() {
            for tag in event.tags.as_slice() {
                self.by_tag.entry(tag).or_default().push(self.seen.len());
            }
            self.seen.push(Seen { run, commit: place, index: count(index), stream, event });
        }
    }

    /// The events that the query means, in order.
    fn forbidden(&self, query: &Query) -> Vec<Seen<'a>> {
        let tagged = |clause: &Clause| clause.tags.as_slice().first().cloned();
        let all: Vec<usize> = match query {
            Query::AnyOf(clauses) if clauses.iter().all(|clause| !clause.tags.is_empty()) => {
                let found = clauses.iter().filter_map(tagged);
                let mut found: Vec<usize> = found
                    .filter_map(|tag| self.by_tag.get(&tag))
                    .flat_map(|places| places.iter().copied())
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            _ => (0..self.seen.len()).collect(),
        };
        let seen = all.into_iter().filter_map(|place| self.seen.get(place)).copied();
        seen.filter(|seen| query.matches_parts(seen.stream, &seen.event.name, &seen.event.tags))
            .collect()
    }
}
