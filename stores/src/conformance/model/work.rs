//! What is done, decided by numbers.

use factum_core::store::{
    Capabilities, Clause, CommandMark, Commit, Expected, Guard, KeyMemory, Metadata, NewEvent,
    Position, Query, Range, Recorded, StreamWrite,
};
use factum_core::{EventName, Key, Tags, Timestamp};

use super::plain::{Plain, exactly};
use crate::conformance::making::{stream, tags};

const NAMES: [&str; 5] =
    ["thing.made", "thing.moved", "other.made", "thing.part.made", "things.made"];
const CONTEXTS: [&str; 4] = ["thing", "other", "thing.part", "none"];
const TAGS: [&str; 4] = ["room:1", "room:2", "seat:1", "seat:12"];

/// Numbers that decide; zeros once they are used up.
pub(super) struct Choices<'a> {
    left: &'a [u32],
    drawn: u32,
    by_tags: bool,
}

impl<'a> Choices<'a> {
    pub(super) fn new(numbers: &'a [u32]) -> Self {
        Self { left: numbers, drawn: 0, by_tags: false }
    }

    /// Choices whose queries have tags in every clause, and whose commits mostly have guards.
    pub(super) fn by_tags(numbers: &'a [u32]) -> Self {
        Self { by_tags: true, ..Self::new(numbers) }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left.is_empty()
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        let Some((first, left)) = self.left.split_first() else { return 0 };
        self.left = left;
        *first as usize % end
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    pub(super) fn run(
        &mut self,
        model: &Plain,
        log: &[Recorded],
        can: &Capabilities,
    ) -> Vec<Commit> {
        let mut run: Vec<Commit> = Vec::new();
        for _ in 0..1 + self.below(4) {
            let known = model.commits().len() + run.len();
            let commit = if known > 0 && self.one_in(6) {
                let at = self.below(known);
                let known = model.commits().iter().chain(&run).nth(at).unwrap().clone();
                self.repeat(known, model, log, can)
            } else {
                self.commit(model, log, can)
            };
            run.push(commit);
        }
        run
    }

    /// A commit again, or another one under its key.
    fn repeat(
        &mut self,
        known: Commit,
        model: &Plain,
        log: &[Recorded],
        can: &Capabilities,
    ) -> Commit {
        match self.below(3) {
            0 => known,
            1 => {
                Commit { meta: Metadata { time: Timestamp::from_micros(9), ..known.meta }, ..known }
            }
            _ => {
                let mut other = Commit { key: known.key, ..self.commit(model, log, can) };
                // A store that looks for a key in the stream of the commit finds nothing in another.
                let looks_near = matches!(can.keys, KeyMemory::Newest(_));
                if let (true, Some(write), Some(first)) =
                    (looks_near, other.writes.first_mut(), known.writes.first())
                {
                    write.stream = first.stream.clone();
                }
                other
            }
        }
    }

    fn commit(&mut self, model: &Plain, log: &[Recorded], can: &Capabilities) -> Commit {
        let mut random = [0; 16];
        random[..4].copy_from_slice(&self.drawn.to_be_bytes());
        let key = Key::from_bytes(random);
        let mut meta =
            Metadata { time: Timestamp::from_micros(self.drawn.into()), ..Metadata::default() };
        if self.one_in(3) {
            let digest = self.below(3) as u64 | (1 << 32);
            meta.command = Some(CommandMark { name: "thing.do".into(), digest });
        }
        let streams = if can.multi_stream { 1 + self.below(3) } else { 1 };
        let first = self.below(5);
        let mut writes: Vec<StreamWrite> =
            (first..first + streams).map(|id| self.write(id % 5, model)).collect();
        if self.one_in(30) {
            writes.clear();
        }
        let is_guarded = if self.by_tags { !self.one_in(4) } else { self.one_in(4) };
        let guard = (can.guards && is_guarded).then(|| {
            let is_new = self.by_tags && self.one_in(2);
            let after = if is_new { newest(log) } else { self.position(log) };
            Guard { query: self.query(), after }
        });
        Commit { key, meta, writes, guard, views: Vec::new() }
    }

    fn write(&mut self, id: usize, model: &Plain) -> StreamWrite {
        let stream = stream(id);
        let newest = model.newest(&stream);
        let expected = match self.below(8) {
            0..=2 => Expected::Any,
            3..=5 => exactly(newest),
            6 => Expected::Exists,
            _ => Expected::Revision(self.below(9) as u64),
        };
        let events = (0..1 + self.below(3)).map(|_| self.event()).collect();
        StreamWrite { stream, expected, events }
    }

    fn event(&mut self) -> NewEvent {
        let name = EventName::fixed(NAMES[self.below(NAMES.len())]);
        let version = if self.one_in(60) { 0 } else { 1 + self.below(2) as u32 };
        let payload = format!("{{\"n\":{}}}", self.drawn).into();
        NewEvent { name, version, tags: self.tags(), payload }
    }

    fn tags(&mut self) -> Tags {
        let chosen = self.below(1 << TAGS.len());
        let with: Vec<&str> = TAGS
            .iter()
            .enumerate()
            .filter(|(at, _)| chosen & (1 << at) != 0)
            .map(|(_, tag)| *tag)
            .collect();
        tags(&with)
    }

    pub(super) fn query(&mut self) -> Query {
        if self.by_tags {
            return Query::AnyOf((0..1 + self.below(3)).map(|_| self.clause()).collect());
        }
        match self.below(5) {
            0 => Query::All,
            1 | 2 => Query::Stream(stream(self.below(6))),
            _ => Query::AnyOf((0..self.below(3)).map(|_| self.clause()).collect()),
        }
    }

    fn clause(&mut self) -> Clause {
        let contexts =
            (0..self.below(2)).map(|_| CONTEXTS[self.below(CONTEXTS.len())].to_owned()).collect();
        let names =
            (0..self.below(3)).map(|_| EventName::fixed(NAMES[self.below(NAMES.len())])).collect();
        let tagged = if self.by_tags { 1 + self.below(2) } else { self.below(3) };
        let with: Vec<&str> = (0..tagged).map(|_| TAGS[self.below(TAGS.len())]).collect();
        Clause { contexts, names, tags: tags(&with) }
    }

    /// The position of an event, or the start.
    fn position(&mut self, log: &[Recorded]) -> Position {
        let at = self.below(log.len() + 1);
        at.checked_sub(1).map_or(Position::START, |at| log[at].at.position)
    }

    pub(super) fn range(&mut self, log: &[Recorded]) -> Range {
        let mut range = Range::ALL;
        if self.one_in(2) {
            range.after = self.position(log);
        }
        if self.one_in(3) {
            range.through = Some(self.position(log));
        }
        if self.one_in(4) {
            range.from_revision = self.below(12) as u64;
        }
        range
    }
}

/// The position of the newest event, or the start.
fn newest(log: &[Recorded]) -> Position {
    log.last().map_or(Position::START, |event| event.at.position)
}
