use factum_core::store::{
    Commit, Conflict, Guard, Mark, Metadata, NewEvent, Outcome, Past, Position, Receipt,
    StreamWrite, Written, check_commit,
};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use super::super::Shared;
use super::super::deferred::{Entry, Tagged};
use super::super::fault::{Fault, integer};
use super::super::guard::forbidden;
use super::super::names::lock;
use super::super::row::{column, columns, write_headers, write_tags};
use super::super::tags::numbers;
use super::super::transaction::Reading;
use super::heads::{Head, Heads};
use super::log::{Log, State};
use super::repeat::repeated;

/// What appends within one transaction.
pub(super) struct Appender<'a> {
    shared: &'a Shared,
    conn: &'a Connection,
    state: &'a mut State,
    insert: Insert<'a>,
}

impl<'a> Appender<'a> {
    pub(super) fn new(log: &'a mut Log, shared: &'a Shared) -> Result<Self, Fault> {
        let Log { conn, state } = log;
        Ok(Self { shared, conn, state, insert: Insert::prepare(conn)? })
    }

    /// The connection, for what else is written in the transaction.
    pub(super) fn conn(&self) -> &'a Connection {
        self.conn
    }

    /// Appends a run of commits.
    pub(super) fn append(&mut self, run: &[Commit]) -> Result<Vec<Outcome>, Fault> {
        let mut past = Past::new();
        let before = self.state.end;
        let mut outcomes = Vec::with_capacity(run.len());
        for (index, commit) in run.iter().enumerate() {
            let outcome = self.append_commit(commit, &past, before)?;
            past.add(index, commit, &outcome);
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn append_commit(
        &mut self,
        commit: &Commit,
        past: &Past,
        before: u64,
    ) -> Result<Outcome, Fault> {
        if let Err(bad) = check_commit(commit, &self.shared.options.limits) {
            return Ok(Err(bad.into()));
        }
        if let Some(outcome) = self.known(commit)? {
            return Ok(outcome);
        }
        if let Err(refused) = past.check(commit) {
            return Ok(Err(refused));
        }
        let mut heads = Vec::with_capacity(commit.writes.len());
        for StreamWrite { stream, expected, .. } in &commit.writes {
            let reading = self.reading();
            let head = self.state.heads.head(&reading, stream)?;
            let newest = head.map(|head| head.newest);
            if !expected.holds(newest) {
                let (stream, expected) = (stream.clone(), *expected);
                let conflict = Conflict::Stream { stream, expected, actual: newest.into() };
                return Ok(Err(conflict.into()));
            }
            heads.push(head);
        }
        if let Some(guard) = &commit.guard
            && self.may_forbid(guard)?
        {
            let before = Reading { end: before, ..self.reading() };
            if let Some(found) = forbidden(&before, guard, past)? {
                let (query, after) = (guard.query.clone(), guard.after);
                return Ok(Err(Conflict::Guard { query, after, found }.into()));
            }
        }
        let before = self.state.end;
        let receipt = self.write(commit, heads)?;
        let views = match commit.views.is_empty() {
            true => Vec::new(),
            false => self.change_views(commit, before, &receipt)?,
        };
        Ok(Ok(Receipt { views, ..receipt }))
    }

    /// Whether what is newest of each tag leaves it open that the guard forbids something.
    fn may_forbid(&mut self, guard: &Guard) -> Result<bool, Fault> {
        let index = self.reading().index();
        let newest = self.state.heads.tags.newest_match(&index, &guard.query)?;
        Ok(newest.is_none_or(|newest| newest > guard.after.number()))
    }

    pub(super) fn reading(&self) -> Reading<'a> {
        self.state.reading(self.conn, self.shared)
    }

    /// What becomes of a commit whose key is known.
    fn known(&self, commit: &Commit) -> Result<Option<Outcome>, Fault> {
        let reading = self.reading();
        let index = reading.index();
        let first = match index.recent_key(&commit.key)? {
            None if self.state.may_be_indexed(&commit.key) => index.key_in_file(&commit.key)?,
            found => found,
        };
        first.map(|first| repeated(&reading, commit, first)).transpose()
    }

    /// Writes a commit that may be written.
    fn write(&mut self, commit: &Commit, heads: Vec<Option<Head>>) -> Result<Receipt, Fault> {
        self.state.ensure_stamp(self.conn)?;
        let Self { shared, conn, state, insert } = self;
        let State { heads: cache, end, stamp, .. } = &mut **state;
        insert.begin(cache, commit)?;
        let (mut entries, mut tagged) = (Vec::new(), Vec::new());
        let mut writes = Vec::with_capacity(commit.writes.len());
        for (write, head) in commit.writes.iter().zip(heads) {
            let (stream, first) = match head {
                Some(head) => (head.stream, head.newest + 1),
                None => (cache.add_stream(conn, &write.stream)?, 0),
            };
            let mut newest = first;
            for (event, revision) in write.events.iter().zip(first..) {
                *end += 1;
                insert.event(cache, event, *end, stream, revision)?;
                let key = entries.is_empty().then_some(commit.key);
                entries.push(Entry { position: *end, stream, revision, key });
                let tags = numbers(&event.tags);
                tagged.extend(tags.map(|tag| Tagged { tag, position: *end }));
                newest = revision;
            }
            cache.set(&write.stream, Head { stream, newest });
            writes.push(Written { stream: write.stream.clone(), first, last: newest });
        }
        let newest_index = insert.newest_index();
        let mut deferred = lock(&shared.deferred);
        entries.into_iter().for_each(|entry| deferred.push(entry));
        for tagged in tagged {
            deferred.push_tag(tagged);
            cache.tags.set(tagged);
        }
        let (position, event) = (Position::new(*end), Some(commit.key.event(newest_index)));
        let mark = Mark { log: shared.log, position, event, stamp: *stamp };
        Ok(Receipt { key: commit.key, mark, writes, repeated: false, views: Vec::new() })
    }
}

/// Writes events: one statement for the whole transaction.
struct Insert<'a> {
    conn: &'a Connection,
    statement: CachedStatement<'a>,
    /// The place in the commit of the event that comes next.
    index: u32,
    /// Whether the columns that most commits leave empty are bound to nothing.
    plain: bool,
}

impl<'a> Insert<'a> {
    fn prepare(conn: &'a Connection) -> Result<Self, Fault> {
        let statement = conn.prepare_cached(concat!(
            "INSERT INTO events (",
            columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
        ))?;
        // What is not bound is null.
        Ok(Self { conn, statement, index: 0, plain: true })
    }

    /// Prepares for a commit, whose metadata is the same for all its events.
    fn begin(&mut self, names: &mut Heads, commit: &Commit) -> Result<(), Fault> {
        self.index = 0;
        let meta = &commit.meta;
        let time = meta.time.as_micros();
        self.bind(column::KEY, ValueRef::Blob(commit.key.as_bytes()))?;
        self.bind(column::TIME, ValueRef::Integer(time))?;
        let plain = Metadata { time: meta.time, ..Metadata::default() };
        if *meta == plain {
            return self.bind_plain();
        }
        self.plain = false;
        self.bind(column::CORRELATION, uuid(meta.correlation.as_ref()))?;
        self.bind(column::CAUSATION, uuid(meta.causation.as_ref()))?;
        self.bind(column::ACTOR, text(meta.actor.as_deref()))?;
        let command = meta.command.as_ref();
        let name = command.map(|command| names.name(self.conn, &command.name)).transpose()?;
        self.bind(column::COMMAND, number(name))?;
        self.bind(column::DIGEST, number(command.map(|command| command.digest.cast_signed())))?;
        self.bind(column::HEADERS, text(write_headers(&meta.headers).as_deref()))
    }

    fn bind_plain(&mut self) -> Result<(), Fault> {
        if !self.plain {
            for at in column::CORRELATION..=column::HEADERS {
                self.bind(at, ValueRef::Null)?;
            }
            self.plain = true;
        }
        Ok(())
    }

    fn bind(&mut self, at: usize, value: ValueRef<'_>) -> Result<(), Fault> {
        Ok(self.statement.raw_bind_parameter(at + 1, Bound(value))?)
    }

    fn newest_index(&self) -> u32 {
        self.index.saturating_sub(1)
    }

    fn event(
        &mut self,
        names: &mut Heads,
        event: &NewEvent,
        position: u64,
        stream: i64,
        revision: u64,
    ) -> Result<(), Fault> {
        let name = names.name(self.conn, &event.name)?;
        let tags = write_tags(&event.tags);
        self.bind(column::POSITION, ValueRef::Integer(integer(position)))?;
        self.bind(column::STREAM, ValueRef::Integer(stream))?;
        self.bind(column::REVISION, ValueRef::Integer(integer(revision)))?;
        self.bind(column::NAME, ValueRef::Integer(name))?;
        self.bind(column::VERSION, ValueRef::Integer(event.version.into()))?;
        self.bind(column::IDX, ValueRef::Integer(self.index.into()))?;
        self.bind(column::TAGS, text(tags.as_deref()))?;
        // Text where it can be, so that tools show it and SQL's JSON functions take it.
        let is_text = std::str::from_utf8(&event.payload).is_ok();
        let payload = &*event.payload;
        let payload = if is_text { ValueRef::Text(payload) } else { ValueRef::Blob(payload) };
        self.bind(column::PAYLOAD, payload)?;
        self.statement.raw_execute()?;
        self.index += 1;
        Ok(())
    }
}

fn text(text: Option<&str>) -> ValueRef<'_> {
    text.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))
}

fn number(number: Option<i64>) -> ValueRef<'static> {
    number.map_or(ValueRef::Null, ValueRef::Integer)
}

fn uuid(uuid: Option<&uuid::Uuid>) -> ValueRef<'_> {
    uuid.map_or(ValueRef::Null, |uuid| ValueRef::Blob(uuid.as_bytes()))
}

/// Binds a value without a copy of its own.
struct Bound<'a>(ValueRef<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}
