//! The slices of views: how far each has come, and who works on it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use factum_core::view::{BuildState, Hold, Owner, SliceState, Taken, ViewError, ViewId, ViewSpec};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::fault::Fault;
use super::super::marks;

/// A slice, in the columns of [`COLUMNS`].
pub(super) struct Slice {
    pub(super) state: SliceState,
    until: i64,
}

const COLUMNS: &str = "slice, epoch, owner, until, log, position, event, stamp";

impl Slice {
    fn read(row: &Row<'_>, now: i64) -> rusqlite::Result<Self> {
        let until: Option<i64> = row.get(3)?;
        let owner: Option<String> = row.get(2)?;
        let state = SliceState {
            hold: Hold { slice: row.get(0)?, epoch: row.get::<_, i64>(1)?.cast_unsigned() },
            owner: owner.as_deref().map(Owner::new),
            leased: until.is_some_and(|until| until > now),
            checkpoint: marks::read(row, 4)?,
        };
        Ok(Self { state, until: until.unwrap_or_default() })
    }
}

/// The slice of a view that has one, if the view is there.
pub(in super::super) fn only_slice(
    conn: &Connection,
    view: &ViewSpec,
) -> Result<Option<SliceState>, Fault> {
    if view.slices != 1 {
        return Ok(None);
    }
    Ok(one(conn, view.id, 0)?.map(|slice| slice.state))
}

/// One slice of a view, if there is such a one.
pub(super) fn one(conn: &Connection, view: ViewId, slice: u16) -> Result<Option<Slice>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM view_slices
         WHERE name = ?1 AND version = ?2 AND build = ?3 AND slice = ?4"
    );
    let of = params![view.name, view.version, view.build, slice];
    let now = now();
    Ok(conn.prepare_cached(&sql)?.query_row(of, |row| Slice::read(row, now)).optional()?)
}

/// All slices of a view.
pub(super) fn all(conn: &Connection, view: ViewId) -> Result<Vec<SliceState>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM view_slices WHERE name = ?1 AND version = ?2 AND build = ?3
         ORDER BY slice"
    );
    let (of, now) = (params![view.name, view.version, view.build], now());
    let mut statement = conn.prepare_cached(&sql)?;
    let slices = statement.query_map(of, |row| {
        let Slice { state, until } = Slice::read(row, now)?;
        // A lease that has run out is nobody's; a slice that was taken without one is its owner's.
        let over = !state.leased && until != 0;
        Ok(SliceState { owner: state.owner.filter(|_| !over), ..state })
    })?;
    Ok(slices.collect::<Result<_, _>>()?)
}

/// Takes a slice for an owner.
pub(in super::super) fn take(
    conn: &Connection,
    view: &ViewSpec,
    slice: u16,
    owner: &Owner,
    lease: Option<Duration>,
) -> Result<Result<Taken, ViewError>, Fault> {
    let found = match known(conn, view, slice)? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let SliceState { mut hold, owner: other, leased, checkpoint } = found.state;
    let mine = other.as_ref() == Some(owner);
    let now = now();
    if let (Some(other), Some(_)) = (other, lease)
        && !mine
        && leased
    {
        let left = Duration::from_millis((found.until - now).max(0).cast_unsigned());
        return Ok(Ok(Taken::Theirs { owner: other, left }));
    }
    hold.epoch += u64::from(!mine);
    let until = lease.map(|lease| {
        // A millisecond at the least, as a lease of none would be no lease.
        now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX).max(1))
    });
    let id = view.id;
    conn.prepare_cached(
        "UPDATE view_slices SET epoch = ?5, owner = ?6, until = ?7
         WHERE name = ?1 AND version = ?2 AND build = ?3 AND slice = ?4",
    )?
    .execute(params![
        id.name,
        id.version,
        id.build,
        slice,
        hold.epoch.cast_signed(),
        owner.as_str(),
        until
    ])?;
    Ok(Ok(Taken::Yours { hold, checkpoint }))
}

/// Gives a slice back, if it is still under this hold.
pub(in super::super) fn release(
    conn: &Connection,
    view: &ViewSpec,
    hold: Hold,
) -> Result<Result<(), ViewError>, Fault> {
    if let Err(error) = known(conn, view, hold.slice)? {
        return Ok(Err(error));
    }
    let id = view.id;
    conn.prepare_cached(
        "UPDATE view_slices SET owner = NULL, until = NULL
         WHERE name = ?1 AND version = ?2 AND build = ?3 AND slice = ?4 AND epoch = ?5",
    )?
    .execute(params![id.name, id.version, id.build, hold.slice, hold.epoch.cast_signed()])?;
    Ok(Ok(()))
}

/// A slice, or why there is none.
pub(super) fn known(
    conn: &Connection,
    view: &ViewSpec,
    slice: u16,
) -> Result<Result<Slice, ViewError>, Fault> {
    if let Some(found) = one(conn, view.id, slice)? {
        return Ok(Ok(found));
    }
    let view = view.id;
    let stored = build(conn, view)?;
    Ok(Err(match stored {
        Some(BuildState { slices, .. }) => ViewError::NoSlice { view, slice, slices },
        None => ViewError::Missing { view },
    }))
}

/// A building as it is stored, if it is.
pub(super) fn build(conn: &Connection, view: ViewId) -> Result<Option<BuildState>, Fault> {
    Ok(builds(conn, view.name)?.into_iter().find(|build| build.id == view))
}

/// All buildings of the views with this name.
pub(super) fn builds(conn: &Connection, name: &'static str) -> Result<Vec<BuildState>, Fault> {
    let sql = "SELECT version, build, columns, slices, live FROM views WHERE name = ?1
               ORDER BY version, build";
    let mut statement = conn.prepare_cached(sql)?;
    let builds = statement.query_map([name], |row| {
        Ok(BuildState {
            id: ViewId { name, version: row.get(0)?, build: row.get(1)? },
            columns: row.get(2)?,
            slices: row.get(3)?,
            live: row.get(4)?,
        })
    })?;
    Ok(builds.collect::<Result<_, _>>()?)
}

/// Makes a building the live one of its version.
pub(in super::super) fn promote(
    conn: &Connection,
    view: ViewId,
) -> Result<Result<(), ViewError>, Fault> {
    if build(conn, view)?.is_none() {
        return Ok(Err(ViewError::Missing { view }));
    }
    conn.execute(
        "UPDATE views SET live = (build = ?3) WHERE name = ?1 AND version = ?2",
        params![view.name, view.version, view.build],
    )?;
    Ok(Ok(()))
}

/// Milliseconds since 1970. All who share the file have one clock.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
