//! The statements that read.
//!
//! *Problem.* A page, the mark that it goes on from and the mark that it is complete to must be of one
//! moment, and a statement sees one moment. *Shape.* One statement of three parts, each row with the
//! number of its part: the event at the mark that was seen, the event that the page is complete to, the
//! events of the page. All go by an index in the order of the page, so that a limit ends them.

use factum_core::store::{Clause, Direction, Query, Range};
use tokio_postgres::types::{ToSql, Type};

use super::fault::integer;
use super::row::{EVENT, MARK};
use super::schema::Schema;

/// The part with the event at the mark that was seen.
pub(super) const SEEN: i32 = 0;
/// The part with the newest event of the range, backward of the log.
pub(super) const END: i32 = 1;
/// The part that says that the page's events have more bytes than it holds: see [`Wanted::cut`].
pub(super) const TOO_LARGE: i32 = 3;
/// After how many bytes of payload a page ends.
pub(super) const PAGE_BYTES: i64 = 8 * 1024 * 1024;

/// A value of a statement.
#[derive(Debug)]
pub(super) enum Value {
    Number(i64),
    Log(i32),
    Text(String),
    Texts(Vec<String>),
}

impl Value {
    pub(super) fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Number(number) => (number, Type::INT8),
            Self::Log(number) => (number, Type::INT4),
            Self::Text(text) => (text, Type::TEXT),
            Self::Texts(texts) => (texts, Type::TEXT_ARRAY),
        }
    }
}

/// A statement, and its values.
#[derive(Debug)]
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Select {
    /// Adds a value; how the statement names it.
    fn put(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// What one statement looks for.
pub(super) struct Wanted<'a> {
    pub(super) schema: &'a Schema,
    pub(super) log: i32,
    pub(super) query: &'a Query,
    pub(super) range: &'a Range,
    /// Up to and with which position; at most that of the range.
    pub(super) through: i64,
    /// Over how many positions a page that goes backward looks.
    pub(super) window: Option<i64>,
    pub(super) direction: Direction,
    pub(super) limit: i64,
    /// Whether the page is cut where its bytes end; otherwise one that is too large is not given, which
    /// is a quarter cheaper and almost always enough.
    pub(super) cut: bool,
}

impl Wanted<'_> {
    pub(super) fn select(&self) -> Select {
        let mut select = Select { sql: String::new(), values: Vec::new() };
        let log = select.put(Value::Log(self.log));
        let end = match self.direction {
            Direction::Forward => self.through,
            Direction::Backward => i64::MAX,
        };
        let mut parts = Vec::new();
        let marks =
            [(SEEN, self.range.seen.map(|seen| integer(seen.position.number()))), (END, Some(end))];
        for (part, through) in marks {
            let Some(through) = through else { continue };
            let through = select.put(Value::Number(through));
            parts.push(format!(
                "(select {part}, {MARK} from {}.events e where e.log = {log} and \
                 e.position <= {through} order by e.position desc limit 1)",
                self.schema
            ));
        }
        let events = if self.limit > 0 { self.page(&mut select, &log) } else { None };
        match events {
            Some(events) if self.cut => parts.push(self.cut(&events)),
            Some(events) => {
                // Lengths are known without fetching the payloads.
                select.sql = format!(
                    "with b as materialized (select coalesce(sum(octet_length(e.payload)), 0) \
                     >= {PAGE_BYTES} as too_large from ({events}) e) "
                );
                let (order, key) = (self.order(), self.key());
                parts.push(format!(
                    "(select {TOO_LARGE}, {MARK} from b left join {}.events e on false \
                     where b.too_large)",
                    self.schema
                ));
                parts.push(format!(
                    "(select 2, {EVENT} from ({events}) e \
                     where not (select too_large from b) order by {key}{order})"
                ));
            }
            None => {}
        }
        select.sql.push_str(&parts.join(" union all "));
        select
    }

    /// The part with the events, up to where their bytes end.
    fn cut(&self, events: &str) -> String {
        let (order, key) = (self.order(), self.key());
        format!(
            "(select 2, {EVENT} from (select e.*, sum(octet_length(e.payload)) over \
             (order by {key}{order} rows unbounded preceding) - octet_length(e.payload) \
             as before from ({events}) e) e where e.before < {PAGE_BYTES} order by {key}{order})"
        )
    }

    /// The events of the page, in order; `None` if there can be none.
    fn page(&self, select: &mut Select, log: &str) -> Option<String> {
        Some(match self.query {
            Query::All => self.scan(select, log, None),
            Query::Stream(name) => self.stream(select, log, name),
            Query::AnyOf(clauses) => {
                let clauses = clauses.iter().filter_map(Filter::of).collect::<Vec<_>>();
                if clauses.is_empty() {
                    return None;
                }
                if clauses.iter().all(|clause| !clause.tags.is_empty()) {
                    self.tagged(select, log, &clauses)
                } else {
                    self.scan(select, log, Some(&clauses))
                }
            }
        })
    }

    /// What the index orders by that a page is read from.
    fn key(&self) -> &'static str {
        match self.query {
            Query::Stream(_) => "e.revision",
            Query::All | Query::AnyOf(_) => "e.position",
        }
    }

    /// By the log's own order.
    fn scan(&self, select: &mut Select, log: &str, clauses: Option<&[Filter]>) -> String {
        let range = self.positions(select, log, "e");
        let filter = clauses.map_or_else(String::new, |clauses| {
            let each: Vec<String> =
                clauses.iter().map(|clause| clause.condition(select, 0)).collect();
            format!(" and ({})", each.join(" or "))
        });
        self.events(select, &format!("e.log = {log}{range}{filter}"), "e.position")
    }

    /// By the index of streams.
    fn stream(&self, select: &mut Select, log: &str, name: &str) -> String {
        let name = select.put(Value::Text(name.to_owned()));
        let range = self.positions(select, log, "e");
        // The positions bound the revisions, so that what lies beyond is not looked at.
        let mut bounds = String::new();
        let after = integer(self.range.after.number());
        for (number, relation) in [(after, ">="), (self.through, "<")] {
            if number != 0 && number != i64::MAX {
                let number = select.put(Value::Number(number));
                let first = format!("{}.first_after({log}, {name}, {number})", self.schema);
                bounds.push_str(&format!(" and e.revision {relation} {first}"));
            }
        }
        let condition = format!("e.log = {log} and e.stream = {name}{range}{bounds}");
        self.events(select, &condition, "e.revision")
    }

    /// The events that meet a condition, in the order of an index.
    fn events(&self, select: &mut Select, condition: &str, key: &str) -> String {
        let (revisions, limit) = (self.revisions(select), select.put(Value::Number(self.limit)));
        let (schema, order) = (self.schema, self.order());
        format!(
            "select e.* from {schema}.events e where {condition}{revisions} \
             order by {key}{order} limit {limit}"
        )
    }

    /// By the index of tags: each clause by its rarest tag, an event that several mean once.
    fn tagged(&self, select: &mut Select, log: &str, clauses: &[Filter]) -> String {
        let order = self.order();
        let revisions = self.revisions(select);
        let limit = select.put(Value::Number(self.limit));
        let mut each = Vec::with_capacity(clauses.len());
        for clause in clauses {
            let tag = self.rarest(select, log, &clause.tags);
            let (range, filter) = (self.positions(select, log, "t"), clause.condition(select, 1));
            let schema = self.schema;
            // `offset 0` keeps the order of the loops: from the tag to its events.
            each.push(format!(
                "(select e.* from (select t.position from {schema}.event_tags t \
                 where t.log = {log} and t.tag = {tag}{range} order by t.position{order} offset 0) t, \
                 lateral (select e.* from {schema}.events e where e.log = {log} \
                 and e.position = t.position offset 0) e where {filter}{revisions} \
                 order by t.position{order} limit {limit})"
            ));
        }
        match each.as_slice() {
            [one] => one.clone(),
            several => format!(
                "select distinct on (e.position) e.* from ({}) e \
                 order by e.position{order} limit {limit}",
                several.join(" union all ")
            ),
        }
    }

    /// The tag of these that has the fewest events.
    fn rarest(&self, select: &mut Select, log: &str, tags: &[String]) -> String {
        if let [only] = tags {
            return select.put(Value::Text(only.clone()));
        }
        let tags = select.put(Value::Texts(tags.to_vec()));
        let after = select.put(Value::Number(integer(self.range.after.number())));
        // As a subselect it is looked for once.
        format!("(select {}.rarest({log}, {tags}, {after}))", self.schema)
    }

    fn positions(&self, select: &mut Select, log: &str, table: &str) -> String {
        let after = select.put(Value::Number(integer(self.range.after.number())));
        let through = select.put(Value::Number(self.through));
        let mut range =
            format!(" and {table}.position > {after} and {table}.position <= {through}");
        if let Some(window) = self.window {
            let window = select.put(Value::Number(window));
            range.push_str(&format!(
                " and {table}.position > (select least(l.head, {through}) - {window} \
                 from {}.logs l where l.log = {log})",
                self.schema
            ));
        }
        range
    }

    fn revisions(&self, select: &mut Select) -> String {
        if self.range.from_revision == 0 {
            return String::new();
        }
        let from = select.put(Value::Number(integer(self.range.from_revision)));
        format!(" and e.revision >= {from}")
    }

    fn order(&self) -> &'static str {
        match self.direction {
            Direction::Forward => "",
            Direction::Backward => " desc",
        }
    }
}

/// A clause, as far as it can match anything.
pub(super) struct Filter {
    pub(super) names: Vec<String>,
    pub(super) contexts: Vec<String>,
    pub(super) tags: Vec<String>,
}

impl Filter {
    /// `None` if no event can match: no stored name has characters of control, which PostgreSQL does
    /// not take in part.
    pub(super) fn of(clause: &Clause) -> Option<Self> {
        let sound = |text: &str| !text.contains(char::is_control);
        let names: Vec<String> = clause.names.iter().map(|name| name.to_string()).collect();
        let names: Vec<String> = names.into_iter().filter(|name| sound(name)).collect();
        let contexts: Vec<String> =
            clause.contexts.iter().filter(|context| sound(context)).cloned().collect();
        let any = clause.names.is_empty() && clause.contexts.is_empty();
        let tags = clause.tags.as_slice().iter().map(|tag| tag.as_str().to_owned()).collect();
        (any || !names.is_empty() || !contexts.is_empty()).then_some(Self { names, contexts, tags })
    }

    /// The condition of an event `e`, of which so many tags are known.
    fn condition(&self, select: &mut Select, known: usize) -> String {
        let mut all = Vec::new();
        if self.tags.len() > known {
            let tags = select.put(Value::Texts(self.tags.clone()));
            all.push(format!("string_to_array(e.tags, E'\\n') @> {tags}"));
        }
        let mut any = Vec::new();
        if !self.names.is_empty() {
            let names = select.put(Value::Texts(self.names.clone()));
            any.push(format!("e.name = any({names})"));
        }
        if !self.contexts.is_empty() {
            let contexts = select.put(Value::Texts(self.contexts.clone()));
            any.push(format!("left(e.name, -strpos(reverse(e.name), '.')) = any({contexts})"));
        }
        if !any.is_empty() {
            all.push(format!("({})", any.join(" or ")));
        }
        if all.is_empty() { "true".to_owned() } else { format!("({})", all.join(" and ")) }
    }
}
