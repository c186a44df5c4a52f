//! What the fines add up to, as it changes.

use std::pin::pin;

use factum::{QueryError, View};

use super::money::euros;
use super::progress::Progress;
use super::views::Totals;

/// Tells each new sum while something is under way, and how it is at the end.
pub(crate) async fn watch<T>(
    totals: View<Totals>,
    progress: &Progress,
    under_way: impl Future<Output = T>,
) -> Result<T, QueryError> {
    let (mut sums, mut under_way) = (totals.watch(), pin!(under_way));
    let mut told = None;
    let mut tell = |rows: Vec<Totals>| {
        let line = rows.first().map(line);
        if line != told {
            line.iter().for_each(|line| progress.say(line));
            told = line;
        }
    };
    loop {
        tokio::select! {
            rows = sums.next() => tell(rows?),
            done = &mut under_way => {
                tell(totals.all().await?);
                return Ok(done);
            }
        }
    }
}

fn line(row: &Totals) -> String {
    let Totals { events, figures, .. } = row;
    let (due, outstanding) = (euros(figures.due), euros(figures.outstanding));
    format!("{} fines after {events} events: due {due}, outstanding {outstanding}", figures.fines)
}
