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
    pub(super) repeats: Repeats,
    pub(super) expects_new: bool,
}

/// What tells that a command was accepted before, beside the store when its events are appended again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Repeats {
    /// Its id, which is looked up.
    #[default]
    Id,
    /// The state of its aggregate.
    State,
    /// Nothing: only this sender has the id, and sends it for the first time.
    None,
}

/// A command whose type is forgotten.
pub(super) trait Ask<A: Aggregate>: Send + Sync {
    fn decide(&self, state: &A, ctx: &Context) -> Decision<A>;
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
}

/// A command in the mailbox of its aggregate.
pub(super) struct Job<A: Aggregate> {
    pub(super) key: Key,
    /// Whether the sender chose the key, so that it may be known already.
    pub(super) chosen: bool,
    /// Whether it is looked up if it is.
    pub(super) sought: bool,
    pub(super) ask: Box<dyn Ask<A>>,
    pub(super) mark: CommandMark,
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
            command: Some(self.mark.clone()),
            headers: self.options.headers.clone(),
        }
    }

    pub(super) fn answer(self, answer: Answer<A>) {
        // A sender that is gone does not want the answer.
        let _ = self.reply.send(answer);
    }
}

/// What a commit keeps of its command: see [`CommandMark`].
pub(super) fn mark<C: Command>(command: &C) -> CommandMark {
    let mut fields = Fingerprint::default();
    // A command that has no JSON form keeps the fingerprint of what could be written of it.
    let _ = C::form().write_to(command, &mut fields);
    let digest = (u64::from(C::SHAPE) << 32) | (fields.sum & u64::from(u32::MAX));
    CommandMark { name: C::NAME.into(), digest }
}

/// The sum of the fingerprints of the pieces of a JSON text. A sum, because maps and sets are written
/// in an order of their own each time.
struct Fingerprint {
    sum: u64,
    piece: u64,
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self { sum: 0, piece: FNV1A_START }
    }
}

impl io::Write for Fingerprint {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if matches!(byte, b',' | b'{' | b'}' | b'[' | b']') {
                self.sum = self.sum.wrapping_add(self.piece);
                self.piece = FNV1A_START;
            } else {
                self.piece = fnv1a(self.piece, &[*byte]);
            }
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
