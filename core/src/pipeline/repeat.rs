use super::loader::Loader;
use super::request::{Answer, Job};
use super::{Done, LoadError, SendError};
use crate::codec;
use crate::store::{Direction, Query, Range, Receipt, Written};
use crate::{Aggregate, StreamName};

impl<A: Aggregate> Loader<A> {
    /// The answer to a command that was accepted before, if it was.
    pub(super) async fn repeated(&self, job: &Job<A>, stream: &StreamName) -> Option<Answer<A>> {
        let command = job.key;
        match self.store().find(command, stream).await {
            Ok(None) => None,
            Ok(Some(receipt)) => Some(self.answer_again(job, stream, &receipt).await),
            Err(source) => Some(Err(SendError::Load { command, source: source.into() })),
        }
    }

    /// The answer to a command whose commit is stored already.
    pub(super) async fn answer_again(
        &self,
        job: &Job<A>,
        stream: &StreamName,
        receipt: &Receipt,
    ) -> Answer<A> {
        let command = job.key;
        let written = receipt.writes.iter().find(|written| written.stream == *stream);
        let written = written.ok_or(SendError::KeyReused { command })?;
        let again = self.events_again(job, written).await;
        let again = again.map_err(|source| SendError::Load { command, source })?;
        let events = again.ok_or(SendError::KeyReused { command })?;
        Ok(Done {
            command,
            stream: stream.clone(),
            revision: Some(written.last),
            position: receipt.mark.position,
            events,
            repeated: true,
        })
    }

    /// The events of a stored commit, if the same command led to it.
    async fn events_again(
        &self,
        job: &Job<A>,
        written: &Written,
    ) -> Result<Option<Vec<A::Event>>, LoadError> {
        let sent = job.ask.mark();
        let mut events = Vec::new();
        let mut next = written.first;
        while next <= written.last {
            let (query, range) =
                (Query::Stream(written.stream.clone()), Range::from_revision(next));
            let missing = usize::try_from(written.last - next + 1).unwrap_or(usize::MAX);
            let page = self.store().read(query, range, Direction::Forward, missing).await?;
            if page.events.is_empty() {
                return Ok(None);
            }
            for recorded in page.events {
                let led = recorded.at.meta.command.as_ref();
                if !led.is_some_and(|stored| stored.same_as(&sent)) {
                    return Ok(None);
                }
                next = recorded.at.revision + 1;
                events.push(codec::decode::<A::Event>(recorded)?.event);
            }
        }
        Ok(Some(events))
    }
}
