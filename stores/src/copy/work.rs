use factum_core::store::{Position, Recorded};
use futures_util::future::join3;

use super::checksum::Tally;
use super::place::Pair;
use super::runs::Runs;
use super::target::{Back, Writer};
use super::{Copied, CopyError, Copying, Listener, Progress, fit};

/// After how many events progress is told.
const TOLD_EVERY: u64 = 1000;

pub(super) async fn copy(copying: Copying<'_>) -> Result<Copied, CopyError> {
    let Copying { from, to, progress, compares_all, patience } = copying;
    let logs = Pair::of(from, to, patience);
    logs.are_two().await?;
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
    let mut writer = Writer::new(logs.target, reached.target);
    let mut back = Back::new(logs.target, reached.target);
    let commits = writer.commits_a_run();
    let mut run = source.next_run(commits).await?;
    let mut written: Vec<Recorded> = Vec::new();
    let mut position = reached.source.map_or(Position::START, |mark| mark.position);
    // One run is written, while the one before is compared and the one after is read.
    while !run.is_empty() || !written.is_empty() {
        let is_last = run.is_empty();
        let next = async { if is_last { Ok(Vec::new()) } else { source.next_run(commits).await } };
        let (appended, compared, next) =
            join3(writer.append(&run), back.compare(&written), next).await;
        compared?;
        if let Err(error) = appended {
            return Err(back.reason(&run, error).await);
        }
        written.iter().for_each(|event| tally.add(event));
        if let Some(last) = written.last() {
            position = last.at.position;
            let of = source.end().map_or(position, |mark| mark.position);
            teller.tell(Progress { copied: tally.events - before, position, of }, TOLD_EVERY);
        }
        written = std::mem::take(&mut run);
        match next {
            Ok(next) => run = next,
            Err(error) => {
                back.compare(&written).await?;
                return Err(error);
            }
        }
    }
    back.ended().await?;
    let up_to = match source.end() {
        Some(end) => end,
        None => logs.source.head().await?,
    };
    let end = match back.compared() {
        Some(end) => end,
        None => logs.target.head().await?,
    };
    let (copied, of) = (tally.events - before, up_to.position);
    teller.tell(Progress { copied, position, of }, 0);
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
