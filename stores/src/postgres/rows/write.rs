use factum_core::store::Mark;
use factum_core::view::{RowBatch, Value, ViewError};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::super::fault::Fault;
use super::super::marks;
use super::super::schema::Schema;
use super::super::session::Session;
use super::changes::Changes;
use super::slices::{Of, calling, missing};
use super::table::Table;

/// Changes rows, what is parked and the slice's checkpoint: one statement, which locks the slice, checks,
/// writes and commits. It stands alone, as it commits within.
pub(super) async fn commit(
    session: &mut Session,
    schema: &Schema,
    batch: &RowBatch,
) -> Result<Result<(), ViewError>, Fault> {
    let said = match change(session, schema, batch, Within::Own).await? {
        Ok(said) => said,
        Err(bad) => return Ok(Err(bad)),
    };
    let epoch = said.as_ref().map_or(Ok(None), |row| row.try_get::<_, Option<i64>>(1))?;
    let (Some(row), Some(epoch)) = (said, epoch) else {
        return Ok(Err(missing(session, schema, batch.view.id, batch.hold.slice).await?));
    };
    if is_done(&row)? {
        return Ok(Ok(()));
    }
    // It says why it was not done.
    Ok(batch.check(epoch.cast_unsigned(), marks::read(&row, 2)?))
}

/// In which transaction a view changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Within {
    /// In one of its own.
    Own,
    /// In the one that is open, and stays so.
    Open,
    /// In the one that is open, which ends with it.
    Last,
}

/// The same within a transaction of which the slice is locked. Whether it was done: where something is wrong
/// with a row it is not, and the transaction goes on.
pub(in super::super) async fn commit_within(
    session: &mut Session,
    schema: &Schema,
    batch: &RowBatch,
    within: Within,
) -> Result<bool, Fault> {
    match change(session, schema, batch, within).await? {
        Ok(said) => said.as_ref().map_or(Ok(false), is_done),
        // Nothing was sent.
        Err(_) if within == Within::Last => session.end_with("commit").await.map(|()| false),
        Err(_) => Ok(false),
    }
}

/// Calls the procedure; what it says.
async fn change(
    session: &mut Session,
    schema: &Schema,
    batch: &RowBatch,
    within: Within,
) -> Result<Result<Option<Row>, ViewError>, Fault> {
    let log = session.log.number;
    let tables = batch.tables().map(|(view, changes)| {
        let table = Table::new(schema, log, &view);
        Changes::new(&view, &table, changes)
    });
    let [rows, parked] = match tables {
        [Ok(rows), Ok(parked)] => [rows, parked],
        [Err(bad), _] | [_, Err(bad)] => return Ok(Err(bad)),
    };
    let (of, is_within) = (Of::new(log, batch.view.id), within != Within::Own);
    let (slice, epoch) = (i32::from(batch.hold.slice), batch.hold.epoch.cast_signed());
    let (from, to) = (Place::of(batch.from.as_ref()), Place::of(Some(&batch.to)));
    let mut arguments: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&is_within, Type::BOOL)];
    arguments.extend(of.arguments());
    arguments.extend([(&slice as &(dyn ToSql + Sync), Type::INT4), (&epoch, Type::INT8)]);
    for part in [from.arguments().to_vec(), to.arguments().to_vec()] {
        arguments.extend(part);
    }
    arguments.extend(rows.arguments());
    arguments.extend(parked.arguments());
    arguments.extend(FOUND);
    let sql = calling(schema, "commit_view", arguments.len());
    let said = match within {
        Within::Own | Within::Open => session.query(&sql, &arguments).await?,
        Within::Last => session.commit_with(&sql, &arguments).await?,
    };
    Ok(Ok(said.into_iter().next()))
}

fn is_done(said: &Row) -> Result<bool, Fault> {
    Ok(said.try_get::<_, Option<bool>>(0)? == Some(true))
}

/// What the procedure is to say: whether it is done, and the slice as it was found.
const FOUND: [(&(dyn ToSql + Sync), Type); 6] = [
    (&None::<bool>, Type::BOOL),
    (&None::<i64>, Type::INT8),
    (&None::<Uuid>, Type::UUID),
    (&None::<i64>, Type::INT8),
    (&None::<Uuid>, Type::UUID),
    (&None::<i64>, Type::INT8),
];

/// A checkpoint, perhaps none, as arguments.
struct Place {
    log: Option<Uuid>,
    position: Option<i64>,
    event: Option<Uuid>,
    stamp: Option<i64>,
}

impl Place {
    fn of(mark: Option<&Mark>) -> Self {
        let mark = mark.map(marks::Columns::of);
        Self {
            log: mark.map(|mark| mark.log),
            position: mark.map(|mark| mark.position),
            event: mark.and_then(|mark| mark.event),
            stamp: mark.map(|mark| mark.stamp),
        }
    }

    fn arguments(&self) -> [(&(dyn ToSql + Sync), Type); 4] {
        [
            (&self.log, Type::UUID),
            (&self.position, Type::INT8),
            (&self.event, Type::UUID),
            (&self.stamp, Type::INT8),
        ]
    }
}

/// The error for a batch with a row that does not fit into an index: that with the longest text, as the
/// server does not say which.
pub(super) fn too_long(batch: &RowBatch) -> Option<ViewError> {
    let length = |value: &Value| if let Value::Text(text) = value { text.len() } else { 0 };
    let rows = batch.tables().into_iter().flat_map(|(_, changes)| &changes.puts);
    let lengths = rows
        .map(|row| (row.values.iter().map(length).max().unwrap_or_default() + row.key.len(), row));
    let (bytes, row) = lengths.max_by_key(|(bytes, _)| *bytes)?;
    let problem = format!(
        "an indexed text and the key have {bytes} bytes, which is more than an index of PostgreSQL takes \
         (2,700 once compressed): take `#[index]` from the field"
    );
    Some(ViewError::BadRow { view: batch.view.id, key: row.key.clone(), problem })
}
