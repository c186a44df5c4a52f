use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use uuid::Uuid;

use super::{Done, SendError};
use crate::snapshot::{FNV1A_START, fnv1a};
use crate::store::{CommandMark, Headers, Metadata};
use crate::{Aggregate, Command, Context, Decision, Key, SentTo, Timestamp};

pub(super) type Answer<A> = Result<Done<A>, SendError<<A as Aggregate>::Error>>;

/// What the sender says beside the command.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) key: Option<Key>,
    pub(super) correlation: Option<Uuid>,
    pub(super) causation: Option<Uuid>,
    pub(super) actor: Option<Arc<str>>,
    pub(super) headers: Headers,
}

/// A command whose type is forgotten.
pub(super) trait Ask<A: Aggregate>: Send + Sync {
    fn decide(&self, state: &A, ctx: &Context) -> Decision<A>;
    fn mark(&self) -> CommandMark;
}

pub(super) struct Asked<A, C> {
    command: C,
    aggregate: PhantomData<fn() -> A>,
}

impl<A, C> Asked<A, C> {
    pub(super) fn new(command: C) -> Self {
        Self { command, aggregate: PhantomData }
    }
}

impl<A: Aggregate, C: SentTo<A>> Ask<A> for Asked<A, C> {
    fn decide(&self, state: &A, ctx: &Context) -> Decision<A> {
        self.command.decide(state, ctx)
    }

    fn mark(&self) -> CommandMark {
        CommandMark { name: C::NAME.into(), digest: digest(&self.command) }
    }
}

/// A command in the mailbox of its aggregate.
pub(super) struct Job<A: Aggregate> {
    pub(super) key: Key,
    /// Whether the sender chose the key, so that it may be known already.
    pub(super) chosen: bool,
    pub(super) ask: Box<dyn Ask<A>>,
    pub(super) options: Options,
    pub(super) attempts: u32,
    pub(super) reply: oneshot::Sender<Answer<A>>,
    /// Its place among the commands under way.
    pub(super) _permit: OwnedSemaphorePermit,
}

impl<A: Aggregate> Job<A> {
    pub(super) fn context(&self, now: Timestamp) -> Context {
        Context::new(self.key, now)
            .correlated(self.options.correlation)
            .caused_by(self.options.causation)
            .by(self.options.actor.clone())
    }

    pub(super) fn metadata(&self, time: Timestamp) -> Metadata {
        Metadata {
            time,
            correlation: self.options.correlation,
            causation: self.options.causation,
            actor: self.options.actor.clone(),
            command: Some(self.ask.mark()),
            headers: self.options.headers.clone(),
        }
    }

    pub(super) fn answer(self, answer: Answer<A>) {
        // A sender that is gone does not want the answer.
        let _ = self.reply.send(answer);
    }
}

/// A fingerprint of a command: see [`CommandMark::digest`].
fn digest<C: Command>(command: &C) -> u64 {
    let mut fields = Fingerprint(FNV1A_START);
    // A command that has no JSON form keeps the fingerprint of what could be written of it.
    let _ = serde_json::to_writer(&mut fields, command);
    (u64::from(C::SHAPE) << 32) | (fields.0 & u64::from(u32::MAX))
}

struct Fingerprint(u64);

impl io::Write for Fingerprint {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = fnv1a(self.0, bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
