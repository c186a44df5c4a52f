//! Appends to streams, by a connection of our own.
//!
//! *Problem.* The official client leaves Nagle's algorithm on, so that each of its calls waits 40 ms for
//! the one packet that is still missing, and has no knob for it; and its errors do not tell what was
//! refused from what may have been done. *Invariant.* An append either says what became of it, or that
//! nothing was done, or that nobody knows, within its time limit. *Shape.* The call `Append` alone
//! ([`wire`]); [`refusal`] reads what the server refuses.

mod refusal;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::HashMap;
use std::time::Duration;

use factum_core::store::StoreError;
use futures_util::stream;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::ProstCodec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use crate::entry::Entry;
use crate::link::{BACKEND, Fault, Link, unpanicked};
use refusal::Refusal;
use wire::{
    AppendReq, AppendResp, Content, Empty, Halves, Id, Options, Proposed, StreamIdentifier,
};

const APPEND: PathAndQuery =
    PathAndQuery::from_static("/event_store.client.streams.Streams/Append");
/// How long to wait before another node is asked that may be the leader: an election takes a while.
const PAUSE: Duration = Duration::from_millis(50);

/// Appends to the streams of a server.
#[derive(Debug)]
pub(crate) struct Writer {
    link: Link,
    within: Duration,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is stored, and its last event has this revision and this position.
    Stored { last: u64, position: u64 },
    /// The stream is not at the revision that was expected but at this one, if it has events; nothing was
    /// done.
    WrongRevision { newest: Option<u64> },
}

impl Writer {
    pub(crate) fn new(link: Link, within: Duration) -> Self {
        Self { link, within }
    }

    /// How long an append may take.
    pub(crate) fn within(&self) -> Duration {
        self.within
    }

    /// Appends to a stream, if its newest event has this revision (`None`: if it has no events).
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if it was sent and not answered; other errors say that nothing was done.
    pub(crate) async fn append<'a>(
        &self,
        stream: &str,
        newest: Option<u64>,
        entries: impl Iterator<Item = &'a Entry> + Clone,
    ) -> Result<Answer, StoreError> {
        let end = Instant::now().checked_add(self.within);
        let end = end.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        loop {
            let unsent = || self.unavailable("it was not reached");
            let found = timeout_at(end, self.link.leader()).await.map_err(|_| unsent())?;
            let (number, leader) = found.map_err(|fault| fault.into_store(self.link.place()))?;
            let frames = frames(stream, newest, entries.clone());
            let called = timeout_at(end, unpanicked(self.send(leader, frames))).await;
            let status = match called {
                Ok(Ok(Ok(answer))) => return self.read(stream, newest, answer),
                Ok(Ok(Err(status))) => status,
                Ok(Err(fault)) => {
                    self.link.forget_leader(number).await;
                    return Err(self.unclear(fault));
                }
                Err(_) => {
                    self.link.leave_leader();
                    return Err(self.unclear(Fault::Late(self.within, None)));
                }
            };
            match Refusal::of(&status) {
                Refusal::Leader(leader) if Instant::now() + PAUSE < end => {
                    self.link.change_leader(number, leader).await;
                    sleep(PAUSE).await;
                }
                Refusal::Leader(_) => return Err(self.unavailable("it has no leader")),
                refusal => {
                    if refusal.ends_channel() {
                        self.link.forget_leader(number).await;
                    }
                    return Err(refusal.into_store(self.link.place(), stream));
                }
            }
        }
    }

    async fn send(
        &self,
        mut leader: Grpc<Channel>,
        frames: Vec<AppendReq>,
    ) -> Result<AppendResp, Status> {
        leader.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        let request = self.link.to_leader(stream::iter(frames));
        let answer = leader.client_streaming(request, APPEND, ProstCodec::default()).await;
        answer.map(tonic::Response::into_inner)
    }

    fn unclear(&self, fault: Fault) -> StoreError {
        fault.into_store_of_write(self.link.place())
    }

    fn read(
        &self,
        stream: &str,
        newest: Option<u64>,
        answer: AppendResp,
    ) -> Result<Answer, StoreError> {
        let lacking = |what| unknown(format!("the answer to an append to {stream} has no {what}"));
        match answer.result {
            Some(wire::Result::WrongExpectedVersion(wrong)) => {
                Ok(Answer::WrongRevision { newest: wrong.revision })
            }
            Some(wire::Result::Success(success)) => {
                let last = success.revision.ok_or_else(|| lacking("revision"))?;
                let at = success.position.ok_or_else(|| lacking("position"))?;
                if at.commit != at.prepare || newest.is_some_and(|newest| last <= newest) {
                    let what = format!(
                        "the append to {stream} went to revision {last}, commit position {} and prepare \
                         position {}",
                        at.commit, at.prepare
                    );
                    return Err(StoreError::Corrupt { place: self.link.place().to_owned(), what });
                }
                Ok(Answer::Stored { last, position: at.commit })
            }
            None => Err(lacking("result")),
        }
    }

    fn unavailable(&self, why: &str) -> StoreError {
        let reason = format!("{}: {why} within {:?}", self.link.place(), self.within);
        StoreError::Unavailable { backend: BACKEND, reason }
    }
}

fn unknown(reason: String) -> StoreError {
    StoreError::Unknown { backend: BACKEND, reason }
}

fn frames<'a>(
    stream: &str,
    newest: Option<u64>,
    entries: impl Iterator<Item = &'a Entry>,
) -> Vec<AppendReq> {
    let name = stream.to_owned().into();
    let expected = newest.map_or(wire::Expected::NoStream(Empty {}), wire::Expected::Revision);
    let options = Options { stream: Some(StreamIdentifier { name }), expected: Some(expected) };
    let events = entries.map(|entry| Content::Proposed(proposed(entry)));
    let contents = std::iter::once(Content::Options(options)).chain(events);
    contents.map(|content| AppendReq { content: Some(content) }).collect()
}

fn proposed(entry: &Entry) -> Proposed {
    let (high, low) = entry.id.as_u64_pair();
    let halves = Halves { high: high.cast_signed(), low: low.cast_signed() };
    let metadata = HashMap::from([
        ("type".to_owned(), entry.event_type.clone()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ]);
    Proposed {
        id: Some(Id { halves: Some(halves) }),
        metadata,
        custom_metadata: entry.metadata.clone(),
        data: entry.data.clone(),
    }
}
