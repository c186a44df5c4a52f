//! Ids of commits and events.

use std::fmt;
use uuid::Uuid;

/// The id of a command, and so the key of the commit that it leads to.
///
/// A store remembers keys: a commit that is appended again under its key writes nothing and gives
/// back its first receipt. By default a key is a UUIDv7 (RFC 9562), whose leading time keeps the
/// index of keys local. A key of your own choosing makes a command safe to send again.
///
/// ```
/// use factum_core::Key;
/// let key: Key = "018f4a3e-0000-7000-8000-000000000001".parse().unwrap();
/// assert_eq!(key.to_string(), "018f4a3e-0000-7000-8000-000000000001");
/// ```
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Key(Uuid);

impl Key {
    /// A new key of this moment, by the system's clock and randomness.
    pub fn now_v7() -> Self {
        Self(Uuid::now_v7())
    }

    /// The 16 bytes that a store keeps.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The key with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The key as a UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// A key that follows from this one and a text: always the same for the same two
    /// (UUIDv5, RFC 9562 §5.5).
    pub fn derive(self, text: &str) -> Self {
        Self(Uuid::new_v5(&self.0, text.as_bytes()))
    }

    /// The id of the event at this place of the commit.
    pub fn event(self, index: u32) -> EventId {
        EventId(Uuid::new_v5(&self.0, &index.to_be_bytes()))
    }
}

impl From<Uuid> for Key {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl std::str::FromStr for Key {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The id of one event: it follows from the commit's key and the event's place in the commit
/// (UUIDv5 over the place as four big-endian bytes), so no store has to keep it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// The id as a UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for EventId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_pinned() {
        // Computed with another UUIDv5 implementation, over four zero bytes.
        let key: Key = "018f4a3e-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(key.event(0).to_string(), "fbbcf47f-6dbb-5df9-826a-3dc603fc44ec");
        assert_ne!(key.event(0), key.event(1));
    }
}
