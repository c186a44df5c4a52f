//! The index of tags, made of its part in the file and the [`Deferred`] part.

use factum_core::snapshot::{FNV1A_START, fnv1a};
use factum_core::store::Direction;
use factum_core::{Tag, Tags};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::deferred::{Deferred, Tagged};
use super::fault::{Fault, integer};
use super::index::Index;
use super::row::{Unread, tags_in};

/// Stands for the tags of an event that cannot be read: it may carry any.
pub(super) const UNREADABLE: i64 = -1;

/// How many bits a number has: as many as fit into six bytes of SQLite's, less the sign.
const BITS: u32 = 47;

/// The number that stands for a tag in the index: a hash of its text, the same for ever. Two tags may
/// share one, so that what it finds has to be looked at.
pub(super) fn number(tag: &Tag) -> i64 {
    let hash = fnv1a(FNV1A_START, tag.as_str().as_bytes());
    // Folded, as its authors say, to have fewer bits.
    ((hash >> BITS) ^ (hash & ((1 << BITS) - 1))).cast_signed()
}

/// The numbers of tags.
pub(super) fn numbers(tags: &Tags) -> impl Iterator<Item = i64> {
    tags.as_slice().iter().map(number)
}

/// What the index is to have of a row, whose tags stand in a column.
pub(super) fn tagged_of(
    row: &Row<'_>,
    column: usize,
    position: u64,
) -> rusqlite::Result<Vec<Tagged>> {
    let tagged = |tag| Tagged { tag, position };
    match tags_in(row, column) {
        Ok(tags) => Ok(numbers(&tags).map(tagged).collect()),
        Err(Unread::Damaged(_)) => Ok(vec![tagged(UNREADABLE)]),
        Err(Unread::Sql(error)) => Err(error),
    }
}

/// Writes tags to the file, in the order of the index, so that each page is written once.
pub(super) fn flush(conn: &Connection, mut tagged: Vec<Tagged>) -> rusqlite::Result<()> {
    tagged.sort_unstable();
    // Two tags of one event may share a number.
    tagged.dedup();
    let sql = "INSERT INTO tag_index (tag, position) VALUES (?1, ?2)";
    let mut insert = conn.prepare_cached(sql)?;
    for Tagged { tag, position } in tagged {
        insert.execute(params![tag, integer(position)])?;
    }
    Ok(())
}

impl Index<'_> {
    /// The position of the newest event that carries a tag, 0 if there is none.
    pub(super) fn newest_tagged(&self, tag: i64) -> Result<u64, Fault> {
        let end = self.end;
        let newest = |deferred: &Deferred| deferred.of_tag(tag).find(|position| *position <= end);
        if let Some(position) = self.deferred(newest)? {
            return Ok(position);
        }
        let newest: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT position FROM tag_index WHERE tag = ?1 ORDER BY position DESC LIMIT 1",
            )?
            .query_row([tag], |row| row.get(0))
            .optional()?;
        Ok(newest.map_or(0, i64::cast_unsigned))
    }

    /// The positions of a tag's events after one and up to another that are not in the file, newest
    /// first.
    pub(super) fn deferred_tagged(
        &self,
        tag: i64,
        after: u64,
        through: u64,
    ) -> Result<Vec<u64>, Fault> {
        self.deferred(|deferred| {
            let newer = deferred.of_tag(tag).take_while(|position| *position > after);
            newer.filter(|position| *position <= through).collect()
        })
    }

    /// The same for those that are in the file, at most `limit` of them, in the direction's order.
    pub(super) fn tagged_in_file(
        &self,
        tag: i64,
        (after, through): (u64, u64),
        direction: Direction,
        limit: usize,
    ) -> rusqlite::Result<Vec<u64>> {
        let mut statement = self.conn.prepare_cached(match direction {
            Direction::Forward => {
                "SELECT position FROM tag_index
                 WHERE tag = ?1 AND position > ?2 AND position <= ?3 ORDER BY position LIMIT ?4"
            }
            Direction::Backward => {
                "SELECT position FROM tag_index
                 WHERE tag = ?1 AND position > ?2 AND position <= ?3
                 ORDER BY position DESC LIMIT ?4"
            }
        })?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = statement
            .query_map(params![tag, integer(after), integer(through), limit], |row| row.get(0))?;
        found.map(|position| position.map(i64::cast_unsigned)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_change() {
        // They are in files.
        let number = |text| number(&Tag::parse(text).unwrap());
        assert_eq!(number("course:rust-101"), 113_469_579_070_442);
        assert_eq!(number("a:b"), 18_799_149_571_491);
    }

    #[test]
    fn numbers_fit() {
        for n in 0..1000 {
            let number = number(&Tag::parse(&format!("course:{n}")).unwrap());
            assert!((0..1 << BITS).contains(&number));
        }
    }
}
