//! Whether everything was done that was accepted, and nothing twice.

use std::collections::HashMap;
use std::io::{self, Write};

use factum::store::{Direction, EventStore, Query, Range, StoreError};
use factum::{App, Key};

use crate::Outcome;
use crate::tally::Counts;

/// Compares the log with what was accepted, and tells; whether they agree.
pub(crate) async fn check(app: &App, accepted: &[Key], counts: Counts) -> Outcome<bool> {
    let stored = stored(&**app.store()).await?;
    let lost = accepted.iter().filter(|id| !stored.contains_key(*id)).count();
    let twice = stored.values().filter(|events| **events > 1).count();
    let events: usize = stored.values().sum();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n{} commands were accepted, {} of them when they were sent again.",
        accepted.len(),
        counts.repeated
    )?;
    writeln!(
        out,
        "{} answers said that a breaker was open, {} that nothing was done, {} that the outcome was \
         unknown.",
        counts.tripped, counts.failed, counts.unknown
    )?;
    writeln!(out, "The log has {events} events: {lost} lost, {twice} twice.")?;
    Ok(lost == 0 && twice == 0 && events == accepted.len())
}

/// How many events each command led to.
async fn stored(store: &dyn EventStore) -> Result<HashMap<Key, usize>, StoreError> {
    let (mut range, mut stored) = (Range::ALL, HashMap::new());
    loop {
        let page = store.read(Query::All, range, Direction::Forward, 1000).await?;
        for event in &page.events {
            *stored.entry(event.at.key).or_default() += 1;
        }
        if !page.more {
            return Ok(stored);
        }
        range = Range::since(page.complete_to);
    }
}
