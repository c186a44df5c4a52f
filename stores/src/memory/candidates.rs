//! Where the events stand that a query may match.

use factum_core::Tags;
use factum_core::store::{Position, Query, Range};

use super::log::Log;

/// Positions in order, from either end, each once. Every event of the range that the query matches is
/// at one of them; what else is there is found out by looking at it.
pub(super) enum Candidates<'a> {
    /// At every position.
    All(std::ops::Range<u64>),
    /// In any of these lists: one for a stream, one for each clause of a query by tags.
    Listed(Vec<&'a [Position]>),
}

impl<'a> Candidates<'a> {
    pub(super) fn of(log: &'a Log, query: &Query, range: &Range) -> Self {
        let end = range.through.map_or(log.end(), |through| through.min(log.end()));
        let cut = |list: &'a [Position]| within(list, range.after, end);
        match query {
            Query::Stream(stream) => {
                let first = usize::try_from(range.from_revision).unwrap_or(usize::MAX);
                Self::Listed(vec![cut(log.stream(stream).get(first..).unwrap_or_default())])
            }
            Query::AnyOf(clauses) if clauses.iter().all(|clause| !clause.tags.is_empty()) => {
                let lists = clauses.iter().map(|clause| cut(rarest(log, &clause.tags)));
                Self::Listed(lists.filter(|list| !list.is_empty()).collect())
            }
            Query::All | Query::AnyOf(_) => {
                Self::All(range.after.number().saturating_add(1)..end.number() + 1)
            }
        }
    }
}

/// The list of the tag that the fewest events carry: what has all of the tags is in it.
fn rarest<'a>(log: &'a Log, tags: &Tags) -> &'a [Position] {
    let lists = tags.as_slice().iter().map(|tag| log.tagged(tag));
    lists.min_by_key(|list| list.len()).unwrap_or_default()
}

/// The part of a list after a position, up to and with another.
fn within(list: &[Position], after: Position, through: Position) -> &[Position] {
    let first = list.partition_point(|position| *position <= after);
    let end = list.partition_point(|position| *position <= through);
    list.get(first..end).unwrap_or_default()
}

impl Iterator for Candidates<'_> {
    type Item = Position;

    fn next(&mut self) -> Option<Position> {
        match self {
            Self::All(numbers) => numbers.next().map(Position::new),
            Self::Listed(lists) => {
                let next = lists.iter().filter_map(|list| list.first()).min().copied()?;
                for list in lists {
                    if let Some((_, rest)) = list.split_first().filter(|(one, _)| **one == next) {
                        *list = rest;
                    }
                }
                Some(next)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::All(numbers) => numbers.size_hint(),
            Self::Listed(lists) => {
                let lengths = || lists.iter().map(|list| list.len());
                (lengths().max().unwrap_or(0), Some(lengths().sum()))
            }
        }
    }
}

impl DoubleEndedIterator for Candidates<'_> {
    fn next_back(&mut self) -> Option<Position> {
        match self {
            Self::All(numbers) => numbers.next_back().map(Position::new),
            Self::Listed(lists) => {
                let next = lists.iter().filter_map(|list| list.last()).max().copied()?;
                for list in lists {
                    if let Some((_, rest)) = list.split_last().filter(|(one, _)| **one == next) {
                        *list = rest;
                    }
                }
                Some(next)
            }
        }
    }
}
