use factum_core::store::{Commit, Expected, Guard, Mark, NewEvent, Recorded, StreamWrite};

use super::CopyError;
use super::cursor::{Cursor, Log};

/// A run ends once it has so many events. The last commit of it may go beyond.
pub(super) const RUN_EVENTS: usize = 1024;
/// A run ends once it has so many bytes of payload.
pub(super) const RUN_BYTES: usize = 4 * 1024 * 1024;

/// The source as whole commits.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    cursor: Cursor<'a>,
    /// The commit whose end has not been seen.
    begun: Vec<Recorded>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(log: Log<'a>, after: Option<Mark>) -> Self {
        Self { cursor: Cursor::forward(log, after), begun: Vec::new() }
    }

    /// How far the source was read.
    pub(super) fn end(&self) -> Option<Mark> {
        self.cursor.end()
    }

    /// The events of some whole commits; none if the end was reached.
    pub(super) async fn next_run(&mut self, commits: usize) -> Result<Vec<Recorded>, CopyError> {
        let (mut run, mut bytes) = (Vec::new(), 0);
        for _ in 0..commits {
            match self.next_commit().await {
                Ok(events) if events.is_empty() => break,
                Ok(events) => {
                    bytes += events.iter().map(|event| event.payload.len()).sum::<usize>();
                    run.extend(events);
                }
                // What stands before is copied first; then the same error comes again.
                Err(_) if !run.is_empty() => break,
                Err(error) => return Err(error),
            }
            if run.len() >= RUN_EVENTS || bytes >= RUN_BYTES {
                break;
            }
        }
        Ok(run)
    }

    /// The events of the next commit; none if the end was reached.
    pub(super) async fn next_commit(&mut self) -> Result<Vec<Recorded>, CopyError> {
        // A page without more ends with a whole commit.
        while let Some(event) = self.cursor.peek().await? {
            let Some(first) = self.begun.first() else {
                check_index(event, 0)?;
                self.begun.extend(self.cursor.take());
                continue;
            };
            let wanted = u32::try_from(self.begun.len()).unwrap_or(u32::MAX);
            if event.at.key != first.at.key {
                break;
            }
            check_index(event, wanted)?;
            self.begun.extend(self.cursor.take());
        }
        Ok(std::mem::take(&mut self.begun))
    }
}

fn check_index(event: &Recorded, wanted: u32) -> Result<(), CopyError> {
    let (key, position, index) = (event.at.key, event.at.position, event.at.index);
    if index == wanted { Ok(()) } else { Err(CopyError::Torn { key, position, index, wanted }) }
}

/// The commits of a run, each as the slice of its events.
pub(super) fn commits_of(run: &[Recorded]) -> impl Iterator<Item = &[Recorded]> {
    run.chunk_by(|one, next| one.at.key == next.at.key)
}

/// The commit that these events came with, so that it can only go where it was.
pub(super) fn commit(events: &[Recorded], guard: Option<Guard>) -> Option<Commit> {
    let at = &events.first()?.at;
    let writes = events.chunk_by(|one, next| one.at.stream == next.at.stream).filter_map(write);
    Some(Commit {
        key: at.key,
        meta: at.meta.clone(),
        writes: writes.collect(),
        guard,
        views: Vec::new(),
    })
}

fn write(events: &[Recorded]) -> Option<StreamWrite> {
    let at = &events.first()?.at;
    let before = at.revision.checked_sub(1);
    let expected = before.map_or(Expected::NoStream, Expected::Revision);
    let events = events.iter().map(|event| NewEvent {
        name: event.name.clone(),
        version: event.version,
        tags: event.at.tags.clone(),
        payload: event.payload.clone(),
    });
    Some(StreamWrite { stream: at.stream.clone(), expected, events: events.collect() })
}
