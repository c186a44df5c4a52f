//! A walk along an index, page by page.
//!
//! *Problem.* A query may see no part of a batch, and may not hold up the server for long. *Invariant.*
//! All pages of a walk are of one moment: each tells how often the view's rows have changed, and where two
//! differ, the walk begins anew. *Shape.* Each time it does its pages are four times as large, so that it
//! ends: the last time one page has all that a query may look at.

use factum_core::view::{Condition, Row, Value as RowValue, ViewError};
use redis::Value;

use super::super::fault::unavailable;
use super::super::scripts::Script;
use super::super::value::{Odd, bytes, list, number};
use super::member;
use super::packed;
use super::plan::Way;
use super::range::Range;
use super::table::{Index, Table};

/// How many rows and bytes, about, a page has at first: it keeps the server for some 2 ms.
const PAGE: (usize, usize) = (1024, 1 << 20);
/// How often the pages grow, and how much.
const GROWTHS: u32 = 4;
const GROWTH: usize = 4;
/// The most rows that are asked for: Lua writes larger numbers with an exponent.
const LUA: usize = 1 << 31;
/// How many ranges go with one page.
const RANGES: usize = 256;

/// What is done with the rows that a walk comes by.
pub(super) trait Visit {
    /// Whether bodies are looked at.
    const BODIES: bool;

    /// Forgets all rows, as the walk begins anew.
    fn restart(&mut self);

    /// Takes a row of which the conditions hold.
    fn row(&mut self, row: Row);

    /// How many rows to read next, about, so that few are read in vain.
    fn ahead(&self) -> usize;

    /// Whether no other row can be wanted.
    fn is_done(&self) -> bool;

    /// Whether none from this one on can be wanted.
    fn is_beyond(&self, values: &[RowValue]) -> bool;
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walked {
    /// All rows that may be wanted were visited.
    Whole,
    /// There are more than it was to look at.
    TooFar,
}

/// Walks along an index, by all rows or until no other can be wanted.
pub(super) async fn walk<V: Visit>(
    table: &Table<'_>,
    way: &Way,
    conditions: &[Condition],
    visit: &mut V,
) -> Result<Walked, ViewError> {
    for growths in 0..=GROWTHS {
        visit.restart();
        let growth = GROWTH.pow(growths);
        let rows = if growths == GROWTHS { usize::MAX } else { PAGE.0 * growth };
        let mut walk = Walk {
            table,
            way,
            page: (rows, PAGE.1 * growth),
            ranges: if way.down {
                way.ranges.iter().rev().collect()
            } else {
                way.ranges.iter().collect()
            },
            last: None,
            changes: None,
            looked: 0,
        };
        if let Some(walked) = walk.whole(conditions, visit).await? {
            return Ok(walked);
        }
    }
    Err(table.of.failed(unavailable(
        "the view changed each time that the query had read a part of it; one that looks at fewer rows \
         needs no parts"
            .to_owned(),
    )))
}

struct Walk<'a> {
    table: &'a Table<'a>,
    way: &'a Way,
    page: (usize, usize),
    /// Those that are left, in the order of walking.
    ranges: Vec<&'a Range>,
    /// The member that it has come to.
    last: Option<Vec<u8>>,
    /// The counter of changes at the first page.
    changes: Option<Vec<u8>>,
    looked: usize,
}

/// Some rows, as they stand in the index.
struct Page {
    members: Vec<Value>,
    rows: Vec<Value>,
    /// Whether the ranges that were asked for were walked to their ends.
    ended: bool,
}

impl Walk<'_> {
    /// Walks to the end; `None` if the rows have changed meanwhile.
    async fn whole<V: Visit>(
        &mut self,
        conditions: &[Condition],
        visit: &mut V,
    ) -> Result<Option<Walked>, ViewError> {
        loop {
            let asked = self.ranges.len().min(RANGES);
            let Some(page) = self.page::<V>(asked, visit.ahead()).await? else { return Ok(None) };
            for (member, row) in page.members.into_iter().zip(page.rows) {
                let member = bytes(member).map_err(|Odd| self.odd())?;
                let row = self.read(&member, row).ok_or_else(|| self.odd())?;
                self.last = Some(member);
                self.looked += 1;
                if visit.is_done() || visit.is_beyond(&row.values) {
                    return Ok(Some(Walked::Whole));
                }
                if self.looked > self.way.most {
                    return Ok(Some(Walked::TooFar));
                }
                if conditions.iter().all(|condition| condition.holds(&row.values)) {
                    visit.row(row);
                }
            }
            if page.ended {
                self.ranges.drain(..asked);
                self.last = None;
            } else {
                self.drop_passed();
            }
            if self.ranges.is_empty() || visit.is_done() {
                return Ok(Some(Walked::Whole));
            }
        }
    }

    /// Leaves out the ranges that end before the next member.
    fn drop_passed(&mut self) {
        let Some(last) = &self.last else { return };
        let is_passed = |range: &&&Range| {
            let Range { from, to } = range;
            if self.way.down { last < from } else { to.as_ref().is_some_and(|to| to <= last) }
        };
        let passed = self.ranges.iter().take_while(is_passed).count();
        self.ranges.drain(..passed);
    }

    async fn page<V: Visit>(
        &mut self,
        ranges: usize,
        ahead: usize,
    ) -> Result<Option<Page>, ViewError> {
        let args = self.arguments::<V>(ranges, ahead);
        let index = self.table.index(self.way.index);
        let keys = [&self.table.of.state, &index, &self.table.rows];
        let keys = keys.map(|key| key.as_bytes()).into();
        let answer = self.table.of.ask(Script::Page, keys, &args).await?;
        let mut parts = list(answer).map_err(|Odd| self.odd())?.into_iter();
        let Some(changes) = parts.next() else { return Err(self.table.of.missing()) };
        let changes = bytes(changes).map_err(|Odd| self.odd())?;
        let mut next = || parts.next().unwrap_or_default();
        let read = || {
            let ended = number(&next())? == 1;
            Ok::<_, Odd>(Page { ended, members: list(next())?, rows: list(next())? })
        };
        let page = { read }().map_err(|Odd| self.odd())?;
        let same = *self.changes.get_or_insert_with(|| changes.clone()) == changes;
        Ok(same.then_some(page))
    }

    fn arguments<V: Visit>(&self, ranges: usize, ahead: usize) -> Vec<Vec<u8>> {
        let (rows, bytes) = self.page;
        // One more than may be looked at tells whether there are more.
        let left = self.way.most.saturating_sub(self.looked).saturating_add(1);
        let rows = rows.min(left).min(ahead.max(self.looked)).min(LUA);
        let within = |last: &&Vec<u8>| {
            let first = self.ranges.first();
            first.is_some_and(|range| {
                **last >= range.from && range.to.as_ref().is_none_or(|to| *last < to)
            })
        };
        let after = self.last.as_ref().filter(within);
        let valued = self.way.index != Index::Key;
        let mut args = vec![
            if self.way.down { b"down".to_vec() } else { b"up".to_vec() },
            rows.to_string().into_bytes(),
            bytes.to_string().into_bytes(),
            if V::BODIES { b"whole".to_vec() } else { b"values".to_vec() },
            u8::from(valued).to_string().into_bytes(),
            after.map(|last| [b"(", &**last].concat()).unwrap_or_default(),
        ];
        args.extend(self.ranges.iter().take(ranges).flat_map(|range| range.bounds()));
        args
    }

    fn read(&self, member: &[u8], row: Value) -> Option<Row> {
        let key = match self.way.index {
            Index::Key => member,
            Index::Column(_) => member::read(member)?.1,
        };
        let (values, body) = packed::unpack(bytes(row).ok()?)?;
        Some(Row { key: String::from_utf8(key.to_vec()).ok()?, values, body })
    }

    fn odd(&self) -> ViewError {
        self.table.of.odd("a row")
    }
}
