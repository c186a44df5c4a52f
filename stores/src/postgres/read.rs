//! Reading pages of events.

use std::collections::HashMap;
use std::ops::ControlFlow;

use factum_core::Key;
use factum_core::store::{Direction, Mark, Page, Query, Range, Recorded, Rewound};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::fault::{Fault, integer};
use super::row::{EVENT, event_of, mark_of, part_of};
use super::schema::Schema;
use super::session::{Log, Session};
use super::sql::{END, PAGE_BYTES, SEEN, TOO_LARGE, Wanted};

/// The most events of one page.
const PAGE_EVENTS: usize = 4096;
/// Over how many positions one statement looks if few of their events match.
const WINDOW: i64 = 64 * 1024;

/// What one statement gave.
struct Answer {
    seen: Option<Mark>,
    end: Mark,
    events: Vec<Recorded>,
    /// A damaged event follows.
    cut: bool,
    /// The events have more bytes than a page holds, and were not given.
    too_large: bool,
}

impl Answer {
    /// Takes note of a row; breaks where the page ends with it.
    fn take(&mut self, row: &Row, log: Log) -> Result<ControlFlow<()>, Fault> {
        match part_of(row)? {
            SEEN => self.seen = Some(mark_of(row, log)?),
            END => self.end = mark_of(row, log)?,
            TOO_LARGE => self.too_large = true,
            _ => match event_of(row, log) {
                Ok(event) => self.events.push(event),
                Err(damaged) if self.events.is_empty() => return Err(damaged),
                // What stands before the damage is given first.
                Err(_) => {
                    self.cut = true;
                    return Ok(ControlFlow::Break(()));
                }
            },
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// One page of what a query means.
pub(super) async fn page(
    session: &mut Session,
    schema: &Schema,
    query: &Query,
    range: &Range,
    direction: Direction,
    limit: usize,
) -> Result<Page, Fault> {
    let limit = limit.min(PAGE_EVENTS);
    let pager = Pager { schema, query, range, direction, limit };
    match direction {
        Direction::Forward => pager.forward(session).await,
        Direction::Backward => pager.backward(session).await,
    }
}

struct Pager<'a> {
    schema: &'a Schema,
    query: &'a Query,
    range: &'a Range,
    direction: Direction,
    limit: usize,
}

impl Pager<'_> {
    async fn forward(&self, session: &mut Session) -> Result<Page, Fault> {
        let through = self.through();
        let after = integer(self.range.after.number());
        // Without an index, the part of the log that one statement looks through is bounded.
        let bound = match self.limit {
            0 => after.min(through),
            _ if self.has_index() => through,
            _ => through.min(after.saturating_add(WINDOW)),
        };
        let Answer { end, events, cut, .. } = self.ask(session, bound, None).await?;
        if cut || self.is_full(&events) {
            let complete_to = events.last().map_or(end, |event| event.at.mark());
            return Ok(Page { events, more: true, complete_to });
        }
        // Positions are dense: the log ends before the bound, or may go on after it.
        let more = bound < through && integer(end.position.number()) >= bound;
        Ok(Page { events, more, complete_to: end })
    }

    async fn backward(&self, session: &mut Session) -> Result<Page, Fault> {
        let after = integer(self.range.after.number());
        let window = (!self.has_index()).then_some(WINDOW);
        let mut bound = self.through();
        let mut complete_to = None;
        loop {
            let Answer { end, events, cut, .. } = self.ask(session, bound, window).await?;
            let head = integer(end.position.number());
            let complete_to = *complete_to.get_or_insert(end);
            let next = window.map(|window| bound.min(head) - window);
            let rest = next.filter(|next| *next > after && *next > 0);
            let full = cut || self.is_full(&events);
            if full || !events.is_empty() || rest.is_none() {
                return Ok(Page { events, more: full || rest.is_some(), complete_to });
            }
            // A page that goes backward cannot say how far it looked without an event that shows it.
            bound = rest.unwrap_or(after);
        }
    }

    fn through(&self) -> i64 {
        self.range.through.map_or(i64::MAX, |through| integer(through.number()))
    }

    /// Whether an index leads from one event of the query to the next.
    fn has_index(&self) -> bool {
        match self.query {
            Query::All | Query::Stream(_) => true,
            Query::AnyOf(clauses) => clauses.iter().all(|clause| !clause.tags.is_empty()),
        }
    }

    /// Whether there may be more than these, as there are as many as a page holds.
    fn is_full(&self, events: &[Recorded]) -> bool {
        let bytes = || events.iter().map(|event| event.payload.len() as i64).sum::<i64>();
        events.len() >= self.limit || bytes() >= PAGE_BYTES
    }

    async fn ask(
        &self,
        session: &mut Session,
        through: i64,
        window: Option<i64>,
    ) -> Result<Answer, Fault> {
        let answer = self.ask_for(session, through, window, false).await?;
        if answer.too_large {
            return self.ask_for(session, through, window, true).await;
        }
        Ok(answer)
    }

    async fn ask_for(
        &self,
        session: &mut Session,
        through: i64,
        window: Option<i64>,
        cut: bool,
    ) -> Result<Answer, Fault> {
        let log = session.log;
        let wanted = Wanted {
            schema: self.schema,
            log: log.number,
            query: self.query,
            range: self.range,
            through,
            window,
            direction: self.direction,
            limit: self.limit as i64,
            cut,
        };
        let select = wanted.select();
        let values: Vec<_> = select.values.iter().map(super::sql::Value::typed).collect();
        let start = Mark::start(log.id);
        let events = Vec::new();
        let mut answer = Answer { seen: None, end: start, events, cut: false, too_large: false };
        session.each_row(&select.sql, &values, |row| answer.take(row, log)).await?;
        self.check(answer, start)
    }

    /// Checks that the log has what the range continues from.
    fn check(&self, answer: Answer, start: Mark) -> Result<Answer, Fault> {
        let Some(seen) = self.range.seen else { return Ok(answer) };
        let found = answer.seen.unwrap_or(start);
        if found == seen { Ok(answer) } else { Err(Fault::Store(Rewound { seen, found }.into())) }
    }
}

/// The mark of the newest event.
pub(super) async fn head(session: &mut Session, schema: &Schema) -> Result<Mark, Fault> {
    let range = Range::ALL;
    let (query, direction) = (&Query::All, Direction::Backward);
    let page = page(session, schema, query, &range, direction, 0).await?;
    Ok(page.complete_to)
}

/// The events of the commits with these keys, as far as they are known.
pub(super) async fn commits(
    session: &mut Session,
    schema: &Schema,
    keys: &[Key],
) -> Result<HashMap<Key, Vec<Recorded>>, Fault> {
    let log = session.log;
    let sql = format!(
        "select 2, {EVENT} from unnest($2) u(key),
         lateral (select f.position, f.size from {schema}.events f
             where f.log = $1 and f.key = u.key and f.index = 0 offset 0) f,
         lateral (select e.* from {schema}.events e where e.log = $1
             and e.position >= f.position and e.position < f.position + f.size
             order by e.position offset 0) e"
    );
    let keys: Vec<Uuid> = keys.iter().map(|key| key.uuid()).collect();
    let values: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&log.number, Type::INT4), (&keys, Type::UUID_ARRAY)];
    let rows = session.query(&sql, &values).await?;
    let mut found: HashMap<Key, Vec<Recorded>> = HashMap::new();
    for row in &rows {
        let event = event_of(row, log)?;
        found.entry(event.at.key).or_default().push(event);
    }
    Ok(found)
}
