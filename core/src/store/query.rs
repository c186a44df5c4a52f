use std::fmt;

use super::{Mark, Position, Recorded};
use crate::{EventName, StreamName, Tags};

/// Which events are meant.
///
/// ```
/// use factum_core::store::Query;
/// let all_of_account = Query::context("account");
/// assert_eq!(all_of_account.to_string(), "account.*");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Every event.
    All,
    /// The events of one stream.
    Stream(StreamName),
    /// The events that any of the clauses matches.
    AnyOf(Vec<Clause>),
}

/// Events that have one of the names, or a name in one of the contexts, and all of the tags.
/// Without names and contexts every name is meant.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Clause {
    /// The contexts: `account` stands for every `account.…` without a further dot.
    pub contexts: Vec<String>,
    /// The names.
    pub names: Vec<EventName>,
    /// The tags.
    pub tags: Tags,
}

impl Query {
    /// The events of one context.
    pub fn context(context: impl Into<String>) -> Self {
        Self::AnyOf(vec![Clause { contexts: vec![context.into()], ..Clause::default() }])
    }

    /// The events of any of these contexts: without contexts, none.
    pub fn contexts<'a>(contexts: impl IntoIterator<Item = &'a str>) -> Self {
        let contexts: Vec<_> = contexts.into_iter().map(str::to_owned).collect();
        if contexts.is_empty() {
            return Self::AnyOf(Vec::new());
        }
        Self::AnyOf(vec![Clause { contexts, ..Clause::default() }])
    }

    /// The events with one of these names.
    pub fn names(names: impl IntoIterator<Item = EventName>) -> Self {
        Self::AnyOf(vec![Clause { names: names.into_iter().collect(), ..Clause::default() }])
    }

    /// The events that carry all of these tags.
    pub fn tagged(tags: Tags) -> Self {
        Self::AnyOf(vec![Clause { tags, ..Clause::default() }])
    }

    /// Whether the event is meant.
    pub fn matches(&self, event: &Recorded) -> bool {
        self.matches_parts(&event.at.stream, &event.name, &event.at.tags)
    }

    /// Whether an event with these is meant.
    pub fn matches_parts(&self, stream: &StreamName, name: &EventName, tags: &Tags) -> bool {
        match self {
            Self::All => true,
            Self::Stream(wanted) => wanted == stream,
            Self::AnyOf(clauses) => clauses.iter().any(|clause| clause.matches(name, tags)),
        }
    }
}

impl Clause {
    /// Whether an event with this name and these tags is meant.
    pub fn matches(&self, name: &EventName, tags: &Tags) -> bool {
        self.matches_name(name) && tags.contain_all(&self.tags)
    }

    /// Whether events of this name are meant.
    pub fn matches_name(&self, name: &EventName) -> bool {
        (self.names.is_empty() && self.contexts.is_empty())
            || self.names.contains(name)
            || self.contexts.iter().any(|context| context == name.context())
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("every event"),
            Self::Stream(stream) => write!(f, "stream {stream}"),
            Self::AnyOf(clauses) if clauses.is_empty() => f.write_str("no event"),
            Self::AnyOf(clauses) => {
                for (at, clause) in clauses.iter().enumerate() {
                    let or = if at == 0 { "" } else { " or " };
                    write!(f, "{or}{clause}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contexts = self.contexts.iter().map(|context| format!("{context}.*"));
        let names = self.names.iter().map(ToString::to_string);
        let names: Vec<String> = contexts.chain(names).collect();
        f.write_str(&if names.is_empty() { "*".to_owned() } else { names.join("|") })?;
        self.tags.as_slice().iter().try_for_each(|tag| write!(f, " & {tag}"))
    }
}

/// Which part of the log is read. Bounds of position and of revision hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Only events after this position.
    pub after: Position,
    /// Only events up to and with this position.
    pub through: Option<Position>,
    /// Only events of at least this revision. Meant for a query by stream.
    pub from_revision: u64,
    /// What must still stand in the log, checked in the same read: see [`Range::since`].
    pub seen: Option<Mark>,
}

impl Range {
    /// The whole log.
    pub const ALL: Self =
        Self { after: Position::START, through: None, from_revision: 0, seen: None };

    /// What stands after a position.
    pub const fn after(position: Position) -> Self {
        Self { after: position, ..Self::ALL }
    }

    /// What stands after a mark. The read fails with [`StoreError::Rewound`](super::StoreError) if the
    /// mark is of another log, or what it saw no longer stands there.
    pub const fn since(mark: Mark) -> Self {
        Self { seen: Some(mark), ..Self::after(mark.position) }
    }

    /// The events of a stream from a revision on.
    pub const fn from_revision(revision: u64) -> Self {
        Self { from_revision: revision, ..Self::ALL }
    }

    /// The same, up to and with a position.
    pub const fn through(self, position: Position) -> Self {
        Self { through: Some(position), ..self }
    }

    /// Whether an event with this position and revision lies in the range.
    pub fn contains(&self, position: Position, revision: u64) -> bool {
        position > self.after
            && self.through.is_none_or(|through| position <= through)
            && revision >= self.from_revision
    }
}

/// In which order events are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}
