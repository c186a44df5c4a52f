//! Sends the rows of a file as commands: those of one fine in their order, different fines at once.

use std::error::Error;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::Read;

use factum::{App, Position, SendError};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use super::fine::FineError;
use super::rows::{BadFile, Request, Rows};

/// How many commands are under way at the same time. The store commits those that wait together.
const LANES: u64 = 256;
/// How many rows wait in each lane.
const WAITING: usize = 8;

/// What became of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Imported {
    /// A view that has seen this position has seen all of the file.
    pub(crate) position: Position,
    /// How many rows are not in the log.
    pub(crate) refused: u64,
}

/// Why the import stopped early. It can be run again: nothing is added twice.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    #[error(transparent)]
    File(#[from] BadFile),
    #[error("line {line}: {source}")]
    Send { line: u64, source: SendError<FineError> },
    #[error("a lane of the import ended early: {0}")]
    Lane(#[from] JoinError),
}

/// Imports the rows. `report` is told of each row that is not taken, with its line and the reason.
pub(crate) async fn import<R: Read>(
    app: &App,
    mut rows: Rows<R>,
    report: impl Fn(u64, &dyn Error) + Clone + Send + 'static,
) -> Result<Imported, Stopped> {
    let mut lanes = Lanes::start(app, &report);
    let mut refused = 0;
    while let Some(row) = rows.next()? {
        match row.content {
            Ok(request) => {
                if lanes.send(row.line, request).await.is_err() {
                    break; // its error is what `finish` gives
                }
            }
            Err(bad) => {
                report(row.line, &bad);
                refused += 1;
            }
        }
    }
    let imported = lanes.finish().await?;
    Ok(Imported { refused: refused + imported.refused, ..imported })
}

/// Tasks that each send one command at a time. All rows of a fine go through the same one.
struct Lanes {
    senders: Vec<mpsc::Sender<(u64, Request)>>,
    tasks: JoinSet<Result<Imported, Stopped>>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

impl Lanes {
    fn start(app: &App, report: &(impl Fn(u64, &dyn Error) + Clone + Send + 'static)) -> Self {
        let mut tasks = JoinSet::new();
        let lane = |_| {
            let (sender, waiting) = mpsc::channel(WAITING);
            tasks.spawn(send_each(app.clone(), waiting, report.clone()));
            sender
        };
        let senders = (0..LANES).map(lane).collect();
        Self { senders, tasks, hasher: BuildHasherDefault::default() }
    }

    /// Gives a row to its lane, when there is room.
    async fn send(&mut self, line: u64, request: Request) -> Result<(), LaneEnded> {
        let lane = usize::try_from(self.hasher.hash_one(&request.fine) % LANES);
        let lane = lane.ok().and_then(|lane| self.senders.get(lane)).ok_or(LaneEnded)?;
        lane.send((line, request)).await.map_err(|_| LaneEnded)
    }

    /// Waits until every row is answered.
    async fn finish(mut self) -> Result<Imported, Stopped> {
        self.senders.clear();
        let mut all = Imported::default();
        while let Some(part) = self.tasks.join_next().await {
            let part = part??;
            all.position = all.position.max(part.position);
            all.refused += part.refused;
        }
        Ok(all)
    }
}

/// A lane has met an error and takes no more.
struct LaneEnded;

async fn send_each(
    app: App,
    mut waiting: mpsc::Receiver<(u64, Request)>,
    report: impl Fn(u64, &dyn Error),
) -> Result<Imported, Stopped> {
    let mut imported = Imported::default();
    while let Some((line, request)) = waiting.recv().await {
        match (request.ask)(&app).id(request.id).await {
            Ok(done) => imported.position = imported.position.max(done.position),
            Err(error) if is_about_the_row(&error) => {
                report(line, &error);
                imported.refused += 1;
            }
            // Later rows of the fine must not overtake this one, so the lane ends.
            Err(source) => return Err(Stopped::Send { line, source }),
        }
    }
    Ok(imported)
}

/// Whether the row itself is why it was not taken: it will not be taken the next time either.
fn is_about_the_row(error: &SendError<FineError>) -> bool {
    matches!(
        error,
        SendError::Rejected(_)
            | SendError::Target { .. }
            | SendError::KeyReused { .. }
            | SendError::Refused { .. }
    )
}
