//! The writer that is killed: appends to the log at the place that the first argument names, in the
//! life that the second one says, as fast as it can, and prints each key that was acknowledged with
//! its position, until it is killed. Beside it, it keeps a view in the same place: by following the log, or,
//! in every second life, in the commits themselves.

use std::error::Error;
use std::io::{Write, stdout};
use std::sync::Arc;

use factum_core::store::{Commit, EventStore};
use factum_core::view::InlineView;
use factum_projections::{Hub, Placement, Runner};
use factum_test_kill::{APPENDERS, Number, RUN, Streams, open};
use tokio::task::JoinSet;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (place, life) = arguments.next().zip(arguments.next()).ok_or("the place and the life")?;
    let life = life.parse()?;
    say("opening")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = open(&place).await?;
        let hub = Hub::new(store.clone());
        let followed = Placement::from(store.rows());
        let place = if life % 2 == 1 { followed.inline() } else { followed };
        let (runner, _view) = Runner::start::<Streams>(&hub, place).await?;
        hub.start();
        let mut appenders = JoinSet::new();
        for appender in 0..APPENDERS {
            appenders.spawn(append_for_ever(store.clone(), runner.inline(), life, appender));
        }
        // They end only with an error, which the parent sees in the status.
        appenders.join_next().await.ok_or("no appenders")??.map_err(Into::into)
    })
}

async fn append_for_ever(
    store: Arc<dyn EventStore>,
    inline: Option<Arc<dyn InlineView>>,
    life: u32,
    appender: u32,
) -> Result<(), String> {
    for run in 0.. {
        let numbers = run * RUN..(run + 1) * RUN;
        let views = match &inline {
            Some(view) => Vec::from_iter(view.ready().await),
            None => Vec::new(),
        };
        let commit = |commit| Number { life, appender, commit }.commit();
        let commits = numbers.map(|number| Commit { views: views.clone(), ..commit(number) });
        let outcomes = store.append(commits.collect()).await.map_err(|error| error.to_string())?;
        for outcome in outcomes {
            let receipt = outcome.map_err(|refused| refused.to_string())?;
            if let Some(view) = &inline {
                let has = view.committed(receipt.mark.position, &receipt.views);
                has.then_some(()).ok_or("a commit left the rows alone")?;
            }
            let position = receipt.mark.position.number();
            say(&format!("{} {position}", receipt.key)).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Prints a line at once: what was not printed was not acknowledged.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
