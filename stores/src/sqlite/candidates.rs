//! Where the events stand that a query by tags may match, found by the index of tags.

use factum_core::store::{Direction, Query};

use super::fault::Fault;
use super::index::Index;
use super::tags::{UNREADABLE, numbers};

/// How many positions of a tag are read from the file at first, and at the most.
const STEPS: (usize, usize) = (16, 1024);

/// Positions in the order of a direction, each once: every event that the query matches is at one of
/// them. Bounded in memory by [`STEPS`] and what the index defers.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    clauses: Vec<Clause<'a>>,
    way: Way,
    /// How far they were taken.
    next: u64,
}

/// What carries all of some tags.
#[derive(Debug)]
struct Clause<'a>(Vec<Cursor<'a>>);

/// Goes through the events with one tag.
#[derive(Debug)]
struct Cursor<'a> {
    index: Index<'a>,
    tag: i64,
    way: Way,
    deferred: Places,
    in_file: Places,
    /// How many to read from the file next; `None` if it has no more.
    step: Option<usize>,
}

/// A part of the log, and in which direction one goes through it. The place of a position grows in
/// that direction, so that the rest need not know it.
#[derive(Clone, Copy, Debug)]
struct Way {
    direction: Direction,
    after: u64,
    through: u64,
}

/// Places that are left, in order.
#[derive(Debug, Default)]
struct Places {
    all: Vec<u64>,
    passed: usize,
}

impl<'a> Candidates<'a> {
    /// The candidates of a query after a position, up to and with another; `None` if the query has a
    /// clause without tags, so that any event may match it.
    pub(super) fn of(
        index: Index<'a>,
        query: &Query,
        (after, through): (u64, u64),
        direction: Direction,
    ) -> Result<Option<Self>, Fault> {
        let Query::AnyOf(wanted) = query else { return Ok(None) };
        if wanted.iter().any(|clause| clause.tags.is_empty()) {
            return Ok(None);
        }
        let way = Way { direction, after, through: through.min(index.end) };
        let mut clauses = Vec::with_capacity(wanted.len() + 1);
        if way.after < way.through && !wanted.is_empty() {
            for clause in wanted {
                let cursors = numbers(&clause.tags).map(|tag| Cursor::new(index, tag, way));
                clauses.push(Clause(cursors.collect::<Result<_, _>>()?));
            }
            clauses.push(Clause(vec![Cursor::new(index, UNREADABLE, way)?]));
        }
        Ok(Some(Self { clauses, way, next: 0 }))
    }

    /// The next of them.
    pub(super) fn next(&mut self) -> Result<Option<u64>, Fault> {
        let mut next = None;
        for clause in &mut self.clauses {
            let found = clause.at_or_after(self.next)?;
            next = next.into_iter().chain(found).min();
        }
        let Some(place) = next else { return Ok(None) };
        self.next = place.saturating_add(1);
        Ok(Some(self.way.place(place)))
    }
}

impl Clause<'_> {
    /// The first place, at this one or behind it, that all tags have.
    fn at_or_after(&mut self, mut place: u64) -> Result<Option<u64>, Fault> {
        loop {
            let asked = place;
            for cursor in &mut self.0 {
                let Some(found) = cursor.at_or_after(place)? else { return Ok(None) };
                place = found;
            }
            if place == asked || self.0.len() == 1 {
                return Ok(Some(place));
            }
        }
    }
}

impl<'a> Cursor<'a> {
    fn new(index: Index<'a>, tag: i64, way: Way) -> Result<Self, Fault> {
        let mut deferred = index.deferred_tagged(tag, way.after, way.through)?;
        if way.direction == Direction::Forward {
            deferred.reverse();
        }
        let deferred = Places::new(deferred, way);
        let in_file = Places::default();
        let step = (way.after < index.covered).then_some(STEPS.0);
        Ok(Self { index, tag, way, deferred, in_file, step })
    }

    /// The first place, at this one or behind it, of an event with the tag.
    fn at_or_after(&mut self, place: u64) -> Result<Option<u64>, Fault> {
        // What is deferred is newer than all that is in the file.
        match self.way.direction {
            Direction::Forward => match self.in_file_at_or_after(place)? {
                Some(found) => Ok(Some(found)),
                None => Ok(self.deferred.at_or_after(place)),
            },
            Direction::Backward => match self.deferred.at_or_after(place) {
                Some(found) => Ok(Some(found)),
                None => self.in_file_at_or_after(place),
            },
        }
    }

    fn in_file_at_or_after(&mut self, place: u64) -> Result<Option<u64>, Fault> {
        if let Some(found) = self.in_file.at_or_after(place) {
            return Ok(Some(found));
        }
        let Some(step) = self.step else { return Ok(None) };
        let bounds = self.way.from(place);
        let Way { direction, .. } = self.way;
        let found = if bounds.0 < bounds.1.min(self.index.covered) {
            self.index.tagged_in_file(self.tag, bounds, direction, step)?
        } else {
            Vec::new()
        };
        self.step = (found.len() == step).then_some((step * 4).min(STEPS.1));
        self.in_file = Places::new(found, self.way);
        Ok(self.in_file.at_or_after(place))
    }
}

impl Way {
    /// The place of a position, and the position of a place.
    fn place(self, of: u64) -> u64 {
        match self.direction {
            Direction::Forward => of,
            Direction::Backward => u64::MAX - of,
        }
    }

    /// The bounds of what is left from a place on: after one position, up to and with another.
    fn from(self, place: u64) -> (u64, u64) {
        let position = self.place(place);
        match self.direction {
            Direction::Forward => (self.after.max(position.saturating_sub(1)), self.through),
            Direction::Backward => (self.after, self.through.min(position)),
        }
    }
}

impl Places {
    fn new(positions: Vec<u64>, way: Way) -> Self {
        Self { all: positions.into_iter().map(|position| way.place(position)).collect(), passed: 0 }
    }

    /// The first one at this place or behind it; those before are passed.
    fn at_or_after(&mut self, place: u64) -> Option<u64> {
        let left = self.all.get(self.passed..).unwrap_or_default();
        // The next one is the usual answer.
        let skipped = match left.first() {
            Some(first) if *first >= place => 0,
            _ => left.partition_point(|one| *one < place),
        };
        self.passed += skipped;
        left.get(skipped).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use factum_core::{Tag, Tags};
    use rusqlite::Connection;

    use super::super::deferred::{Deferred, Entry, Tagged};
    use super::super::tags;
    use super::*;

    const COVERED: u64 = 6000;
    const END: u64 = 8000;
    /// One event in so many carries the tag.
    const SPARSE: [u64; 5] = [1, 2, 7, 60, 900];

    fn tag(of: u64) -> Tag {
        Tag::new("sparse", &of.to_string()).unwrap()
    }

    /// Whether the event at a position carries a tag, as if by chance.
    fn carries(position: u64, of: u64) -> bool {
        (position.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ of.wrapping_mul(0xd6e8_feb8_6659_fd93))
            .wrapping_mul(0xd6e8_feb8_6659_fd93)
            .rotate_left(20)
            .is_multiple_of(of)
    }

    fn log() -> (Connection, Mutex<Deferred>) {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("tag_index.sql")).unwrap();
        let (mut deferred, mut in_file) = (Deferred::new(COVERED), Vec::new());
        for position in 1..=END {
            let of = SPARSE.into_iter().filter(|of| carries(position, *of));
            let tagged = of.map(|of| Tagged { tag: tags::number(&tag(of)), position });
            if position <= COVERED {
                in_file.extend(tagged);
            } else {
                tagged.for_each(|tagged| deferred.push_tag(tagged));
                deferred.push(Entry { position, stream: 1, revision: position - 1, key: None });
            }
        }
        tags::flush(&conn, in_file).unwrap();
        (conn, Mutex::new(deferred))
    }

    fn query(clauses: &[&[u64]]) -> Query {
        let clause = |of: &&[u64]| factum_core::store::Clause {
            tags: of.iter().map(|of| tag(*of)).collect::<Tags>(),
            ..Default::default()
        };
        Query::AnyOf(clauses.iter().map(clause).collect())
    }

    fn taken(index: Index<'_>, query: &Query, bounds: (u64, u64), way: Direction) -> Vec<u64> {
        let mut candidates = Candidates::of(index, query, bounds, way).unwrap().unwrap();
        std::iter::from_fn(|| candidates.next().unwrap()).collect()
    }

    #[test]
    fn they_are_what_carries_all_tags_of_a_clause() {
        let (conn, deferred) = log();
        let index = Index { conn: &conn, deferred: &deferred, covered: COVERED, end: END };
        let queries: [&[&[u64]]; 9] = [
            &[&[1]],
            &[&[900]],
            &[&[2, 7]],
            &[&[1, 900]],
            &[&[2, 7, 60]],
            &[&[60], &[900]],
            &[&[60], &[7, 60], &[1, 60]],
            &[&[900, 60], &[2, 900], &[7, 60]],
            &[],
        ];
        let bounds = [
            (0, u64::MAX),
            (17, 5000),
            (5990, 6010),
            (COVERED, END),
            (0, COVERED),
            (7000, u64::MAX),
            (5, 5),
            (9, 3),
            (u64::MAX, u64::MAX),
        ];
        for clauses in queries {
            for (after, through) in bounds {
                let wanted: Vec<u64> = (1..=END)
                    .filter(|position| *position > after && *position <= through)
                    .filter(|position| {
                        let has = |of: &u64| carries(*position, *of);
                        clauses.iter().any(|clause| clause.iter().all(has))
                    })
                    .collect();
                let query = query(clauses);
                let forward = taken(index, &query, (after, through), Direction::Forward);
                assert_eq!(forward, wanted, "{query} in {after}..={through}");
                let mut backward = taken(index, &query, (after, through), Direction::Backward);
                backward.reverse();
                assert_eq!(backward, wanted, "{query} in {after}..={through}, backward");
            }
        }
    }

    #[test]
    fn a_clause_without_tags_has_none() {
        let (conn, deferred) = log();
        let index = Index { conn: &conn, deferred: &deferred, covered: COVERED, end: END };
        for query in [Query::All, query(&[&[1], &[]])] {
            let found = Candidates::of(index, &query, (0, END), Direction::Forward);
            assert!(found.unwrap().is_none(), "{query}");
        }
    }
}
