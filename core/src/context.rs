//! What a handler may know beside the state and the command.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use uuid::Uuid;

use crate::{Key, Timestamp};

/// Time, identity and randomness for a handler, which has no other source of them: tests control it,
/// and a command that is decided again sees the same ids.
///
/// ```
/// use factum_core::{Context, Key, Timestamp};
/// let ctx = Context::new(Key::now_v7(), Timestamp::from_micros(7));
/// assert_eq!(ctx.now().as_micros(), 7);
/// assert_ne!(ctx.new_uuid(), ctx.new_uuid());
/// ```
#[derive(Debug)]
pub struct Context {
    key: Key,
    now: Timestamp,
    correlation: Option<Uuid>,
    causation: Option<Uuid>,
    actor: Option<Arc<str>>,
    drawn: AtomicU32,
}

impl Context {
    /// The context of a command that stands for itself.
    pub fn new(key: Key, now: Timestamp) -> Self {
        let drawn = AtomicU32::new(0);
        Self { key, now, correlation: None, causation: None, actor: None, drawn }
    }

    /// The same, as part of a conversation.
    #[must_use]
    pub fn correlated(self, correlation: Option<Uuid>) -> Self {
        Self { correlation, ..self }
    }

    /// The same, caused by an event or message.
    #[must_use]
    pub fn caused_by(self, causation: Option<Uuid>) -> Self {
        Self { causation, ..self }
    }

    /// The same, sent by somebody.
    #[must_use]
    pub fn by(self, actor: Option<Arc<str>>) -> Self {
        Self { actor, ..self }
    }

    /// The moment of the decision, which its events will carry.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The command's id.
    pub fn command_id(&self) -> Key {
        self.key
    }

    /// What the command belongs to: the first command's id unless the sender said otherwise.
    pub fn correlation(&self) -> Uuid {
        self.correlation.unwrap_or(self.key.uuid())
    }

    /// The event or message that made somebody send the command.
    pub fn causation(&self) -> Option<Uuid> {
        self.causation
    }

    /// Who sent the command.
    pub fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// A new id. The n-th one of a command is always the same (UUIDv5 of the command's id and n), so
    /// a decision that is made again gives the same events.
    pub fn new_uuid(&self) -> Uuid {
        let n = self.drawn.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&self.key.uuid(), format!("context/{n}").as_bytes())
    }

    /// A random number, by the same rule as [`new_uuid`](Self::new_uuid).
    pub fn random(&self) -> u64 {
        // The upper half of a v5 UUID has six fixed bits, the exclusive or with the lower half
        // covers all but two of them; a second draw covers the rest.
        let (high, low) = self.new_uuid().as_u64_pair();
        let (other, _) = self.new_uuid().as_u64_pair();
        high ^ low ^ other.rotate_left(32)
    }
}
