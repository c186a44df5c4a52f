use factum_core::store::{Clause, Query};

use super::super::deferred::Tagged;
use super::super::fault::Fault;
use super::super::index::Index;
use super::super::lru::Lru;
use super::super::tags::{UNREADABLE, numbers};

/// What an entry takes: itself, its links, its slot in the table.
const COST: usize = 64;

/// The position of the newest event with each tag, 0 where there is none. It may forget anything: the
/// index has it all.
#[derive(Debug)]
pub(super) struct TagHeads(Lru<i64, u64>);

impl TagHeads {
    /// Remembers nothing yet, and at the most so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self(Lru::new(bytes, |_, _| COST))
    }

    /// Notes the newest event with a tag. One that no guard has asked for is not remembered.
    pub(super) fn set(&mut self, tagged: Tagged) {
        if let Some(newest) = self.0.get(&tagged.tag) {
            *newest = tagged.position;
        }
    }

    /// The position after which certainly no event matches the query; `None` if its tags do not tell.
    pub(super) fn newest_match(
        &mut self,
        index: &Index<'_>,
        query: &Query,
    ) -> Result<Option<u64>, Fault> {
        let Query::AnyOf(clauses) = query else { return Ok(None) };
        if clauses.iter().any(|clause| clause.tags.is_empty()) {
            return Ok(None);
        }
        let mut newest = self.newest(index, UNREADABLE)?;
        for clause in clauses {
            newest = newest.max(self.newest_of_clause(index, clause)?);
        }
        Ok(Some(newest))
    }

    /// What carries all tags is no newer than the newest of each.
    fn newest_of_clause(&mut self, index: &Index<'_>, clause: &Clause) -> Result<u64, Fault> {
        let mut newest = u64::MAX;
        for tag in numbers(&clause.tags) {
            newest = newest.min(self.newest(index, tag)?);
        }
        Ok(newest)
    }

    fn newest(&mut self, index: &Index<'_>, tag: i64) -> Result<u64, Fault> {
        if let Some(newest) = self.0.get(&tag) {
            return Ok(*newest);
        }
        let newest = index.newest_tagged(tag)?;
        self.0.insert(tag, newest);
        Ok(newest)
    }
}
