//! Buildings of views and their slices: one script, whose calls have the effect of one however often they
//! are sent.

use std::time::Duration;

use factum_core::store::Mark;
use factum_core::view::{BuildState, Hold, Owner, SliceState, Taken, ViewError, ViewId, ViewSpec};
use redis::Value;

use super::super::Shared;
use super::super::marks;
use super::super::request::Request;
use super::super::scripts::Script;
use super::super::value::{Odd, bytes, list, number, text};
use super::table::Building;

/// What the script says of a call: see `scripts/views.lua` and `scripts/rows.lua`.
pub(super) const MISSING: u64 = 0;
pub(super) const NO_SLICE: u64 = 1;
const YOURS: u64 = 2;
const THEIRS: u64 = 3;
pub(super) const DONE: u64 = 4;

/// What is asked of the script.
enum Call<'a> {
    Reads(&'a str),
    Changes(&'a str),
}

/// Makes a building unless it is there; its columns and slices as they are stored.
pub(super) async fn open(shared: &Shared, view: &ViewSpec) -> Result<(), ViewError> {
    let at = Building::of(shared, view.id);
    if shared.options.read_only {
        let found = builds(shared, view.id.name).await?.into_iter().find(|b| b.id == view.id);
        let found = found.ok_or_else(|| at.failed(shared.read_only()))?;
        return view.check_stored(&found.columns, found.slices);
    }
    let widths = [view.slices.into(), view.columns.len(), view.parked().columns.len()];
    let mut args = vec![view.column_list().into_bytes()];
    args.extend(widths.map(|width| width.to_string().into_bytes()));
    let answer = call(&at, Call::Changes("open"), &args).await?;
    let read = || {
        let mut parts = answer.into_iter();
        let mut next = || parts.next().unwrap_or_default();
        let (columns, slices) = (text(next())?, u16::try_from(number(&next())?));
        Ok::<_, Odd>((columns, slices.map_err(|_| Odd)?))
    };
    let (columns, slices) = read().map_err(|_| at.odd("the state"))?;
    view.check_stored(&columns, slices)
}

pub(super) async fn take(
    shared: &Shared,
    view: &ViewSpec,
    slice: u16,
    owner: Owner,
    lease: Option<Duration>,
) -> Result<Taken, ViewError> {
    let at = Building::of(shared, view.id);
    let lease = lease.map(|lease| micros(lease).to_string()).unwrap_or_default();
    let args = [slice.to_string(), owner.as_str().to_owned(), lease].map(String::into_bytes);
    let answer = call(&at, Call::Changes("take"), &args).await?;
    let odd = |_| at.odd("a slice");
    let mut parts = answer.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    match number(&next()).map_err(odd)? {
        YOURS => {
            let epoch = number(&next()).map_err(odd)?;
            let checkpoint = checkpoint(next()).map_err(odd)?;
            Ok(Taken::Yours { hold: Hold { slice, epoch }, checkpoint })
        }
        THEIRS => {
            let owner = Owner::new(&text(next()).map_err(odd)?);
            Ok(Taken::Theirs { owner, left: Duration::from_micros(number(&next()).map_err(odd)?) })
        }
        other => Err(refused(&at, other, slice, &next())),
    }
}

pub(super) async fn release(shared: &Shared, view: &ViewSpec, hold: Hold) -> Result<(), ViewError> {
    let at = Building::of(shared, view.id);
    let args = [hold.slice.to_string(), hold.epoch.to_string()].map(String::into_bytes);
    let mut parts = call(&at, Call::Changes("release"), &args).await?.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    match number(&next()).map_err(|_| at.odd("a slice"))? {
        DONE => Ok(()),
        other => Err(refused(&at, other, hold.slice, &next())),
    }
}

pub(super) async fn slices(shared: &Shared, view: ViewId) -> Result<Vec<SliceState>, ViewError> {
    let at = Building::of(shared, view);
    let mut parts = call(&at, Call::Reads("slices"), &[]).await?.into_iter();
    let odd = |_| at.odd("a slice");
    if number(&parts.next().unwrap_or_default()).map_err(odd)? == MISSING {
        return Err(at.missing());
    }
    let state = |(slice, state)| slice_state(slice, state).map_err(odd);
    (0..).zip(parts).map(state).collect()
}

fn slice_state(slice: u16, state: Value) -> Result<SliceState, Odd> {
    let [epoch, owner, leased, at] = <[Value; 4]>::try_from(list(state)?).map_err(|_| Odd)?;
    let owner = text(owner)?;
    Ok(SliceState {
        hold: Hold { slice, epoch: number(&epoch)? },
        owner: (!owner.is_empty()).then(|| Owner::new(&owner)),
        leased: number(&leased)? == 1,
        checkpoint: checkpoint(at)?,
    })
}

pub(super) async fn builds(
    shared: &Shared,
    name: &'static str,
) -> Result<Vec<BuildState>, ViewError> {
    let at = Building::of(shared, ViewId::new(name, 0));
    let answer = call(&at, Call::Reads("builds"), &[]).await?;
    let states = answer.into_iter().map(|state| build_state(name, state));
    let states: Result<Vec<BuildState>, Odd> = states.collect();
    let mut states = states.map_err(|_| at.odd("a building"))?;
    states.sort_unstable_by_key(|state| state.id);
    Ok(states)
}

fn build_state(name: &'static str, state: Value) -> Result<BuildState, Odd> {
    let [version, build, columns, slices, live] =
        <[Value; 5]>::try_from(list(state)?).map_err(|_| Odd)?;
    let small = |value| u32::try_from(number(value)?).map_err(|_| Odd);
    Ok(BuildState {
        id: ViewId { name, version: small(&version)?, build: small(&build)? },
        columns: text(columns)?,
        slices: number(&slices)?.try_into().map_err(|_| Odd)?,
        live: number(&live)? == 1,
    })
}

pub(super) async fn promote(shared: &Shared, view: ViewId) -> Result<(), ViewError> {
    let at = Building::of(shared, view);
    let answer = call(&at, Call::Changes("promote"), &[]).await?;
    match answer.first().map(number) {
        Some(Ok(MISSING)) => Err(at.missing()),
        Some(Ok(DONE)) => Ok(()),
        _ => Err(at.odd("a building")),
    }
}

pub(super) async fn drop_view(shared: &Shared, view: ViewId) -> Result<(), ViewError> {
    call(&Building::of(shared, view), Call::Changes("drop"), &[]).await.map(|_| ())
}

async fn call(
    at: &Building<'_>,
    what: Call<'_>,
    more: &[Vec<u8>],
) -> Result<Vec<Value>, ViewError> {
    let ViewId { name, version, build } = at.view;
    let (builds, prefix) = (at.shared.keys.builds(name), at.shared.keys.view(name));
    let (version, build) = (version.to_string(), build.to_string());
    let (Call::Reads(work) | Call::Changes(work)) = what;
    let mut args: Vec<&[u8]> = [work, &prefix, &version, &build].map(str::as_bytes).into();
    args.extend(more.iter().map(Vec::as_slice));
    let request = Request::script(Script::Views, vec![builds.as_bytes()], args);
    let answer = match what {
        Call::Reads(_) => at.shared.ask(&request).await,
        Call::Changes(_) => at.shared.change(&request).await,
    };
    let answer = answer.map_err(|source| at.failed(source))?.into_iter().next();
    list(answer.unwrap_or_default()).map_err(|_| at.odd("the state"))
}

/// The error of a call for a slice, by what the script said.
pub(super) fn refused(at: &Building<'_>, said: u64, slice: u16, slices: &Value) -> ViewError {
    match (said, number(slices).map(u16::try_from)) {
        (MISSING, _) => at.missing(),
        (NO_SLICE, Ok(Ok(slices))) => ViewError::NoSlice { view: at.view, slice, slices },
        _ => at.odd("the state"),
    }
}

pub(super) fn checkpoint(kept: Value) -> Result<Option<Mark>, Odd> {
    let kept = bytes(kept)?;
    if kept.is_empty() {
        return Ok(None);
    }
    marks::read(&kept).map(|(mark, _)| Some(mark)).ok_or(Odd)
}

/// A time for Lua, which counts exactly to 2⁵³: with the clock of today more than a hundred years.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(1 << 52)
}
