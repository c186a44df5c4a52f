use super::loader::Loader;
use super::pages::Pages;
use super::request::{Answer, Job};
use super::{Done, LoadError, SendError};
use crate::codec;
use crate::store::{Query, Range, Receipt, Written};
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
        let position = receipt.mark.position;
        let again = again.map_err(|source| SendError::Unreadable { command, position, source })?;
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
        let stream = Query::Stream(written.stream.clone());
        let mut pages = Pages::new(self.store(), stream, Range::from_revision(written.first));
        let mut events = Vec::new();
        while let Some(page) = pages.next().await? {
            for recorded in page {
                if recorded.at.revision > written.last {
                    return Ok(Some(events));
                }
                let led = recorded.at.meta.command.as_ref();
                if !led.is_some_and(|stored| stored.same_as(&job.mark)) {
                    return Ok(None);
                }
                events.extend(codec::decode_or_skip::<A::Event>(&recorded)?);
            }
        }
        Ok(Some(events))
    }
}
