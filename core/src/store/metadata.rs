use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::Timestamp;

/// What is known about a commit beside its events. Every event of the commit carries it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Metadata {
    /// When it was decided.
    pub time: Timestamp,
    /// What the commit belongs to, a conversation or a trace: the first command's id unless the
    /// caller says otherwise. `None` stands for the commit's own key.
    pub correlation: Option<Uuid>,
    /// The event or message that made somebody send the command.
    pub causation: Option<Uuid>,
    /// Who sent the command.
    pub actor: Option<Arc<str>>,
    /// Which command led to it.
    pub command: Option<CommandMark>,
    /// What the user adds.
    pub headers: Headers,
}

/// Which command led to a commit, so that a repeat under the same key is known from a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandMark {
    /// The command's persisted name.
    pub name: Arc<str>,
    /// A fingerprint: of the command's shape in the upper half, of its fields in the lower.
    pub digest: u64,
}

impl CommandMark {
    /// Whether two commands under one key are the same. After a deployment that changed the command's
    /// shape the fields cannot be compared, so the name decides.
    pub fn same_as(&self, other: &Self) -> bool {
        let same_shape = self.digest >> 32 == other.digest >> 32;
        self.name == other.name && (!same_shape || self.digest == other.digest)
    }
}

/// Free pairs of name and value. None, the usual case, allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Headers(Option<Arc<BTreeMap<String, String>>>);

impl Headers {
    /// No headers.
    pub const fn none() -> Self {
        Self(None)
    }

    /// The value of a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.get(name).map(String::as_str)
    }

    /// All headers in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|map| map.iter()).map(|(name, value)| (&**name, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let map: BTreeMap<_, _> = pairs.into_iter().collect();
        if map.is_empty() { Self(None) } else { Self(Some(Arc::new(map))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(shape: u32, fields: u32) -> CommandMark {
        CommandMark { name: "a.b".into(), digest: (u64::from(shape) << 32) | u64::from(fields) }
    }

    #[test]
    fn fields_are_compared_within_one_shape_only() {
        assert!(mark(1, 1).same_as(&mark(1, 1)));
        assert!(!mark(1, 1).same_as(&mark(1, 2)));
        assert!(mark(1, 1).same_as(&mark(2, 2)));
        assert!(!mark(1, 1).same_as(&CommandMark { name: "a.c".into(), ..mark(1, 1) }));
    }
}
