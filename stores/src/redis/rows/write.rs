use std::collections::HashMap;
use std::time::Instant;

use factum_core::view::{Fenced, Row, RowBatch, RowChanges, ViewError};
use redis::Value;

use super::super::Shared;
use super::super::fault::Fault;
use super::super::marks;
use super::super::request::Request;
use super::super::scripts::Script;
use super::super::value::{Odd, list, number};
use super::table::Building;
use super::{packed, views};

/// What the script says of a batch whose slice is somebody else's, or elsewhere.
const FENCED: u64 = 2;

/// Changes rows and checkpoint.
pub(super) async fn commit(shared: &Shared, batch: &RowBatch) -> Result<(), ViewError> {
    batch.check_values()?;
    let at = Building::of(shared, batch.view.id);
    let args = arguments(&at, batch);
    let args = args.iter().map(Vec::as_slice).collect();
    let request = Request::script(Script::Rows, vec![at.state.as_bytes()], args);
    let begun = Instant::now();
    match shared.write(&request).await {
        Ok(answer) => told(&at, batch, answer),
        Err(Fault::Lost(reason)) => {
            let in_time = begun.elapsed() < shared.options.answer_within;
            let again = if in_time { shared.write(&request).await.ok() } else { None };
            settled(&at, batch, again, reason)
        }
        Err(fault) => Err(at.failed(fault.of_append())),
    }
}

/// What became of a batch that was sent twice, as nothing is known of the first time: it is done again only
/// where it was not done, as the checkpoint tells.
fn settled(
    at: &Building<'_>,
    batch: &RowBatch,
    again: Option<Vec<Value>>,
    reason: String,
) -> Result<(), ViewError> {
    let Some(answer) = again else { return Err(at.failed(Fault::Lost(reason).of_append())) };
    match told(at, batch, answer) {
        Err(ViewError::Fenced(fenced)) if !fenced.taken && fenced.found == Some(batch.to) => Ok(()),
        told => told,
    }
}

fn told(at: &Building<'_>, batch: &RowBatch, answer: Vec<Value>) -> Result<(), ViewError> {
    match said(at, batch, answer.into_iter().next().unwrap_or_default()) {
        Ok(Some(error)) => Err(error),
        Ok(None) => Ok(()),
        Err(Odd) => Err(at.odd("the state")),
    }
}

/// Why nothing was changed, if so.
fn said(at: &Building<'_>, batch: &RowBatch, answer: Value) -> Result<Option<ViewError>, Odd> {
    let mut parts = list(answer)?.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    Ok(match number(&next())? {
        views::DONE => None,
        FENCED => {
            let (epoch, found) = (number(&next())?, views::checkpoint(next())?);
            let (slice, taken) = (batch.hold.slice, epoch != batch.hold.epoch);
            Some(Fenced { view: at.view, slice, expected: batch.from, found, taken }.into())
        }
        other => Some(views::refused(at, other, batch.hold.slice, &next())),
    })
}

/// What the script reads: see `scripts/rows.lua`.
fn arguments(at: &Building<'_>, batch: &RowBatch) -> Vec<Vec<u8>> {
    let digits = |number: u64| number.to_string().into_bytes();
    let from = batch.from.as_ref().map(marks::write).unwrap_or_default();
    let (slice, epoch) = (digits(batch.hold.slice.into()), digits(batch.hold.epoch));
    let mut args = vec![at.base.clone().into_bytes(), slice, epoch, from, marks::write(&batch.to)];
    let tables = batch.tables().map(|(view, changes)| (view, Net::of(changes)));
    for (view, net) in &tables {
        let counts = [view.columns.len(), net.puts.len(), net.deletes.len()];
        args.extend(counts.map(|count| digits(count as u64)));
    }
    for (_, net) in &tables {
        for row in &net.puts {
            args.extend([row.key.clone().into_bytes(), packed::pack(row)]);
        }
        args.extend(net.deletes.iter().map(|key| key.as_bytes().to_vec()));
    }
    args
}

/// What a change comes to: each key once.
struct Net<'a> {
    puts: Vec<&'a Row>,
    deletes: Vec<&'a str>,
}

impl<'a> Net<'a> {
    fn of(changes: &'a RowChanges) -> Self {
        let puts = changes.puts.iter().map(|row| (&*row.key, Some(row)));
        let deletes = changes.deletes.iter().map(|key| (&**key, None));
        let net: HashMap<&str, Option<&Row>> = puts.chain(deletes).collect();
        let deletes = net.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| *key).collect();
        Self { puts: net.into_values().flatten().collect(), deletes }
    }
}
