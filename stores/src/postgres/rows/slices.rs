//! Buildings of views and their slices.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use factum_core::view::{BuildState, Hold, Owner, SliceState, Taken, ViewError, ViewId, ViewSpec};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::super::fault::Fault;
use super::super::marks;
use super::super::schema::Schema;
use super::super::session::Session;
use super::read::bytes;
use super::table::{Table, dropping};
use super::value::{escaped, unescaped};

/// Which building of which log's view, as arguments.
pub(super) struct Of {
    log: i32,
    name: Cow<'static, str>,
    version: i64,
    build: i64,
}

impl Of {
    pub(super) fn new(log: i32, view: ViewId) -> Self {
        let (version, build) = (view.version.into(), view.build.into());
        Self { log, name: escaped(view.name), version, build }
    }

    pub(super) fn arguments(&self) -> [(&(dyn ToSql + Sync), Type); 4] {
        [
            (&self.log, Type::INT4),
            (&self.name, Type::TEXT),
            (&self.version, Type::INT8),
            (&self.build, Type::INT8),
        ]
    }

    /// With further arguments.
    fn and<'a>(
        &'a self,
        others: impl IntoIterator<Item = (&'a (dyn ToSql + Sync), Type)>,
    ) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
        self.arguments().into_iter().chain(others).collect()
    }
}

/// Calls a procedure; the row with what it says, if it says anything.
pub(super) async fn call(
    session: &mut Session,
    schema: &Schema,
    procedure: &str,
    arguments: &[(&(dyn ToSql + Sync), Type)],
) -> Result<Option<Row>, Fault> {
    let sql = calling(schema, procedure, arguments.len());
    Ok(session.query(&sql, arguments).await?.into_iter().next())
}

/// The statement that calls a procedure with so many arguments.
pub(super) fn calling(schema: &Schema, procedure: &str, arguments: usize) -> String {
    let places: Vec<String> = (1..=arguments).map(|place| format!("${place}")).collect();
    format!("call {schema}.{procedure}({})", places.join(", "))
}

/// Makes a view's tables and slices, unless they are there.
pub(super) async fn open(
    session: &mut Session,
    schema: &Schema,
    view: &ViewSpec,
) -> Result<Result<(), ViewError>, Fault> {
    let log = session.log.number;
    let parts = [*view, view.parked()];
    let statements: Vec<String> =
        parts.iter().flat_map(|part| Table::new(schema, log, part).making()).collect();
    let (of, columns, slices) = (Of::new(log, view.id), view.column_list(), i32::from(view.slices));
    let arguments = of.and([
        (&columns as &(dyn ToSql + Sync), Type::TEXT),
        (&slices, Type::INT4),
        (&statements, Type::TEXT_ARRAY),
        (&None::<&str>, Type::TEXT),
        (&None::<i32>, Type::INT4),
    ]);
    let Some(stored) = call(session, schema, "open_view", &arguments).await? else {
        return Ok(Err(ViewError::Missing { view: view.id }));
    };
    Ok(view.check_stored(stored.try_get(0)?, narrow(stored.try_get(1)?)))
}

/// Drops a view's tables, and what is kept beside them.
pub(super) async fn drop_view(
    session: &mut Session,
    schema: &Schema,
    view: ViewId,
) -> Result<(), Fault> {
    let of = Of::new(session.log.number, view);
    let statements = dropping(schema, session.log.number, view);
    let arguments = of.and([(&statements as &(dyn ToSql + Sync), Type::TEXT_ARRAY)]);
    call(session, schema, "drop_view", &arguments).await?;
    Ok(())
}

/// What becomes of a building.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is the live one of its version.
    Live,
    /// It is about to become that, or not after all.
    Coming(bool),
}

/// Changes what a building is among those of its version.
pub(super) async fn promote(
    session: &mut Session,
    schema: &Schema,
    view: ViewId,
    to: Standing,
) -> Result<Result<(), ViewError>, Fault> {
    let of = Of::new(session.log.number, view);
    let (live, coming) = (to == Standing::Live, to == Standing::Coming(true));
    let arguments = of.and([
        (&live as &(dyn ToSql + Sync), Type::BOOL),
        (&coming, Type::BOOL),
        (&None::<bool>, Type::BOOL),
    ]);
    let said = call(session, schema, "promote_view", &arguments).await?;
    let found = said.map_or(Ok(false), |row| row.try_get(0))?;
    Ok(if found { Ok(()) } else { Err(ViewError::Missing { view }) })
}

/// Takes a slice for an owner.
pub(super) async fn take(
    session: &mut Session,
    schema: &Schema,
    view: ViewId,
    slice: u16,
    owner: &Owner,
    lease: Option<Duration>,
) -> Result<Result<Taken, ViewError>, Fault> {
    /// A lease may not end beyond the times that the server knows.
    const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);
    let of = Of::new(session.log.number, view);
    let (number, name) = (i32::from(slice), escaped(owner.as_str()));
    let lease =
        lease.map(|lease| i64::try_from(lease.min(LONGEST).as_micros()).unwrap_or(i64::MAX));
    let arguments = of.and([
        (&number as &(dyn ToSql + Sync), Type::INT4),
        (&name, Type::TEXT),
        (&lease, Type::INT8),
        (&None::<i64>, Type::INT8),
        (&None::<Uuid>, Type::UUID),
        (&None::<i64>, Type::INT8),
        (&None::<Uuid>, Type::UUID),
        (&None::<i64>, Type::INT8),
        (&None::<&str>, Type::TEXT),
        (&None::<i64>, Type::INT8),
    ]);
    let said = call(session, schema, "take_slice", &arguments).await?;
    let epoch: Option<i64> = said.as_ref().map_or(Ok(None), |row| row.try_get(0))?;
    let (Some(row), Some(epoch)) = (said, epoch) else {
        return Ok(Err(missing(session, schema, view, slice).await?));
    };
    if let Some(owner) = owner_of(&row, 5)? {
        let left: i64 = row.try_get(6)?;
        let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
        return Ok(Ok(Taken::Theirs { owner, left }));
    }
    let hold = Hold { slice, epoch: epoch.cast_unsigned() };
    Ok(Ok(Taken::Yours { hold, checkpoint: marks::read(&row, 1)? }))
}

/// Locks the only slice of a view for the transaction that is open, if a commit of the log may change its
/// rows; the slice, and the bodies of the rows with these keys.
pub(in super::super) async fn lock(
    session: &mut Session,
    schema: &Schema,
    view: &ViewSpec,
    keys: &[String],
) -> Result<Option<(SliceState, Vec<Option<Bytes>>)>, Fault> {
    if view.slices != 1 {
        return Ok(None);
    }
    let log = session.log.number;
    let parked = Table::new(schema, log, &view.parked()).having();
    let load = format!("select array({})", Table::new(schema, log, view).loading());
    let (of, keys) = (Of::new(log, view.id), keys.iter().map(|key| escaped(key)));
    let keys: Vec<_> = keys.collect();
    let arguments = of.and([
        (&parked as &(dyn ToSql + Sync), Type::TEXT),
        (&load, Type::TEXT),
        (&keys, Type::TEXT_ARRAY),
    ]);
    let sql = format!("select * from {schema}.lock_view($1, $2, $3, $4, $5, $6, $7)");
    let rows = session.query(&sql, &arguments).await?;
    let epoch = rows.first().map_or(Ok(None), |row| row.try_get::<_, Option<i64>>(0))?;
    let (Some(row), Some(epoch)) = (rows.first(), epoch) else { return Ok(None) };
    let hold = Hold { slice: 0, epoch: epoch.cast_unsigned() };
    let checkpoint = marks::read(row, 1)?;
    let bodies: Vec<Option<&str>> = row.try_get(5)?;
    let bodies = bodies.into_iter().map(|body| body.map(bytes)).collect();
    Ok(Some((SliceState { hold, owner: None, leased: false, checkpoint }, bodies)))
}

/// Gives a slice back, if it is still under this hold.
pub(super) async fn release(
    session: &mut Session,
    schema: &Schema,
    view: ViewId,
    hold: Hold,
) -> Result<Result<(), ViewError>, Fault> {
    let of = Of::new(session.log.number, view);
    let (slice, epoch) = (i32::from(hold.slice), hold.epoch.cast_signed());
    let arguments = of.and([
        (&slice as &(dyn ToSql + Sync), Type::INT4),
        (&epoch, Type::INT8),
        (&None::<bool>, Type::BOOL),
    ]);
    let said = call(session, schema, "release_slice", &arguments).await?;
    if said.map_or(Ok(false), |row| row.try_get(0))? {
        return Ok(Ok(()));
    }
    Ok(Err(missing(session, schema, view, hold.slice).await?))
}

/// All slices of a view.
pub(super) async fn all(
    session: &mut Session,
    schema: &Schema,
    view: ViewId,
) -> Result<Result<Vec<SliceState>, ViewError>, Fault> {
    let sql = format!(
        "select slice, epoch, case when until is null or until > clock_timestamp() then owner end,
             mark_log, position, event, stamp, coalesce(until > clock_timestamp(), false)
         from {schema}.view_slices
         where log = $1 and name = $2 and version = $3 and build = $4 order by slice"
    );
    let of = Of::new(session.log.number, view);
    let rows = session.query(&sql, &of.arguments()).await?;
    if rows.is_empty() {
        return Ok(Err(ViewError::Missing { view }));
    }
    let slice = |row: &Row| {
        let epoch = row.try_get::<_, i64>(1)?.cast_unsigned();
        let hold = Hold { slice: narrow(row.try_get(0)?), epoch };
        let (owner, leased) = (owner_of(row, 2)?, row.try_get(7)?);
        Ok(SliceState { hold, owner, leased, checkpoint: marks::read(row, 3)? })
    };
    rows.iter().map(slice).collect::<Result<_, Fault>>().map(Ok)
}

/// All buildings of the views with this name.
pub(super) async fn builds(
    session: &mut Session,
    schema: &Schema,
    name: &'static str,
) -> Result<Vec<BuildState>, Fault> {
    let sql = format!(
        "select version, build, columns, slices, live from {schema}.views
         where log = $1 and name = $2 order by version, build"
    );
    let (log, escaped) = (session.log.number, escaped(name));
    let rows = session.query(&sql, &[(&log, Type::INT4), (&escaped, Type::TEXT)]).await?;
    let build = |row: &Row| {
        let number = |at| -> Result<u32, Fault> {
            Ok(u32::try_from(row.try_get::<_, i64>(at)?).unwrap_or(u32::MAX))
        };
        Ok(BuildState {
            id: ViewId { name, version: number(0)?, build: number(1)? },
            columns: row.try_get(2)?,
            slices: narrow(row.try_get(3)?),
            live: row.try_get(4)?,
        })
    };
    rows.iter().map(build).collect()
}

/// Why there is no such slice.
pub(super) async fn missing(
    session: &mut Session,
    schema: &Schema,
    view: ViewId,
    slice: u16,
) -> Result<ViewError, Fault> {
    let build = builds(session, schema, view.name).await?.into_iter().find(|b| b.id == view);
    Ok(match build {
        Some(BuildState { slices, .. }) => ViewError::NoSlice { view, slice, slices },
        None => ViewError::Missing { view },
    })
}

fn owner_of(row: &Row, at: usize) -> Result<Option<Owner>, Fault> {
    let owner: Option<&str> = row.try_get(at)?;
    Ok(owner.map(|owner| Owner::new(&unescaped(owner))))
}

/// A number of slices, which was one of these.
fn narrow(slices: i32) -> u16 {
    u16::try_from(slices).unwrap_or(u16::MAX)
}
