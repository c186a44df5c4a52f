use factum_core::store::Stamp;
use tokio_postgres::types::{ToSql, Type};

use super::fault::Fault;
use super::group::Group;
use super::run::Verdict;
use super::schema::Schema;
use super::session::Session;

/// What the server said of a group.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) verdicts: Vec<Verdict>,
    /// The first revision of each write of a stored commit.
    pub(super) revisions: Vec<i64>,
}

/// Whether a group is stored with the call, or in a transaction that the call begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Commit,
    Open,
}

/// Appends a group: one statement, which locks, checks, writes and commits. It stands alone, as it
/// commits within, or is the first of a transaction.
pub(super) async fn append(
    session: &mut Session,
    schema: &Schema,
    group: &Group<'_>,
    stamp: Stamp,
    ends: Ends,
) -> Result<Answer, Fault> {
    let (log, stamp) = (session.log.number, stamp.number().cast_signed());
    let (channel, commit) = (session.log.channel(), ends == Ends::Commit);
    let Group { commits, writes, events, clauses, clashes, .. } = group;
    let (no_numbers, no_details) = (None::<Vec<i32>>, None::<Vec<i64>>);
    let arguments: [(&(dyn ToSql + Sync), Type); 48] = [
        (&commit, Type::BOOL),
        (&log, Type::INT4),
        (&stamp, Type::INT8),
        (&channel, Type::TEXT),
        (&commits.run, Type::INT4_ARRAY),
        (&commits.key, Type::UUID_ARRAY),
        (&commits.twin, Type::INT4_ARRAY),
        (&commits.doomed, Type::BOOL_ARRAY),
        (&commits.after, Type::INT8_ARRAY),
        (&commits.writes, Type::INT4_ARRAY),
        (&commits.events, Type::INT4_ARRAY),
        (&group.streams, Type::TEXT_ARRAY),
        (&writes.stream, Type::INT4_ARRAY),
        (&writes.expected, Type::INT8_ARRAY),
        (&writes.events, Type::INT4_ARRAY),
        (&events.commit, Type::INT4_ARRAY),
        (&events.write, Type::INT4_ARRAY),
        (&events.key, Type::UUID_ARRAY),
        (&events.time, Type::INT8_ARRAY),
        (&events.correlation, Type::UUID_ARRAY),
        (&events.causation, Type::UUID_ARRAY),
        (&events.actor, Type::BYTEA_ARRAY),
        (&events.command, Type::BYTEA_ARRAY),
        (&events.digest, Type::INT8_ARRAY),
        (&events.headers, Type::TEXT_ARRAY),
        (&events.stream, Type::TEXT_ARRAY),
        (&events.name, Type::TEXT_ARRAY),
        (&events.version, Type::INT4_ARRAY),
        (&events.tags, Type::TEXT_ARRAY),
        (&events.payload, Type::BYTEA_ARRAY),
        (&events.tag_event, Type::INT4_ARRAY),
        (&events.tag, Type::TEXT_ARRAY),
        (&clauses.commit, Type::INT4_ARRAY),
        (&clauses.stream, Type::TEXT_ARRAY),
        (&clauses.tag, Type::TEXT_ARRAY),
        (&clauses.tags, Type::TEXT_ARRAY),
        (&clauses.names, Type::TEXT_ARRAY),
        (&clauses.contexts, Type::TEXT_ARRAY),
        (&clauses.ignored_by, Type::INT4_ARRAY),
        (&clauses.ignored_first, Type::INT8_ARRAY),
        (&clauses.ignored_last, Type::INT8_ARRAY),
        (&clashes.commit, Type::INT4_ARRAY),
        (&clashes.with, Type::INT4_ARRAY),
        (&clashes.event, Type::INT4_ARRAY),
        (&no_numbers, Type::INT4_ARRAY),
        (&no_details, Type::INT8_ARRAY),
        (&no_numbers, Type::INT4_ARRAY),
        (&no_details, Type::INT8_ARRAY),
    ];
    let places: Vec<String> = (1..=arguments.len()).map(|place| format!("${place}")).collect();
    let sql = format!("call {schema}.append({})", places.join(", "));
    let rows = match ends {
        Ends::Commit => session.query(&sql, &arguments).await?,
        Ends::Open => session.begin_with(&sql, &arguments).await?,
    };
    let Some(row) = rows.first() else {
        return Ok(Answer { verdicts: Vec::new(), revisions: Vec::new() });
    };
    let (results, details): (Vec<i32>, Vec<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let (write_of, revisions): (Vec<i32>, Vec<i64>) = (row.try_get(2)?, row.try_get(3)?);
    let verdicts =
        results.iter().zip(details).zip(write_of).map(|((result, detail), write)| match result {
            0 => Verdict::Stored { first: detail },
            2 => Verdict::Stream { write: place(write), newest: detail },
            3 => Verdict::Guard { found: detail },
            4 => Verdict::Predecessor,
            _ => Verdict::Stopped,
        });
    Ok(Answer { verdicts: verdicts.collect(), revisions })
}

/// A place that counts from 1 as an index.
fn place(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default().saturating_sub(1)
}
