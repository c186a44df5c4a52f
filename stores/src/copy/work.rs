use factum_core::store::Position;
use futures_util::future::join;

use super::checksum::Tally;
use super::place::Pair;
use super::runs::Runs;
use super::target::Target;
use super::{Copied, CopyError, Copying, Listener, Progress, fit};

/// After how many events progress is told.
const TOLD_EVERY: u64 = 1000;

pub(super) async fn copy(copying: Copying<'_>) -> Result<Copied, CopyError> {
    let Copying { from, to, progress, compares_all, patience } = copying;
    let logs = Pair::of(from, to, patience);
    let reached = logs.reached().await?;
    let (mut tally, mut before) = (Tally::new(), 0);
    if compares_all {
        let through = reached.target.map_or(Position::START, |mark| mark.position);
        logs.compare_all(through, &mut tally).await?;
        before = tally.events;
    }
    fit::check(logs.source, logs.target, reached.source).await?;

    let mut teller = Teller { listener: progress, told: 0 };
    let mut source = Runs::new(logs.source, reached.source);
    let mut target = Target::new(logs.target, reached.target);
    let commits = target.commits_a_run();
    let mut run = source.next_run(commits).await?;
    let mut position = reached.source.map_or(Position::START, |mark| mark.position);
    while let Some(last) = run.last() {
        position = last.at.position;
        let (appended, next) = join(target.append(&run), source.next_run(commits)).await;
        appended?;
        run.iter().for_each(|event| tally.add(event));
        let of = source.end().map_or(position, |mark| mark.position);
        teller.tell(Progress { copied: tally.events - before, position, of }, TOLD_EVERY);
        run = next?;
    }
    target.ended().await?;
    let up_to = match source.end() {
        Some(end) => end,
        None => logs.source.head().await?,
    };
    let end = match target.compared() {
        Some(end) => end,
        None => logs.target.head().await?,
    };
    teller.tell(Progress { copied: tally.events - before, position, of: up_to.position }, 0);
    let Tally { events, commits, streams, checksum } = tally;
    let after = reached.source.filter(|_| !compares_all);
    Ok(Copied { events, commits, streams, checksum, after, up_to, target: end })
}

/// Tells of the progress, now and then.
struct Teller<'a> {
    listener: Option<Listener<'a>>,
    told: u64,
}

impl Teller<'_> {
    /// Tells if so many events have been copied since it told last.
    fn tell(&mut self, progress: Progress, every: u64) {
        if let Some(listener) = &mut self.listener
            && progress.copied >= self.told.saturating_add(every)
        {
            self.told = progress.copied;
            listener(progress);
        }
    }
}
