use crate::names::{BadName, NameProblem};
use crate::store::{Clause, Guard, Position, Query};
use crate::{Aggregate, Command, StreamName, Tag, Tags, event};

/// Where a command goes: the stream that its events are appended to and, for a boundary, the tags
/// whose events it is decided on. Two boundaries may share a stream, but never all of their tags.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) stream: StreamName,
    /// None for an aggregate that is one stream.
    tags: Tags,
}

impl Target {
    pub(crate) fn of<A: Aggregate, C: Command>(command: &C) -> Result<Self, BadName> {
        if A::BOUNDARY.is_empty() {
            return Self::stream::<A>(&command.id());
        }
        Self::within::<A>(&command.tags()?)
    }

    /// The stream of an aggregate.
    pub(crate) fn stream<A: Aggregate>(id: &str) -> Result<Self, BadName> {
        Ok(Self { stream: StreamName::of(A::NAME, id)?, tags: Tags::none() })
    }

    /// The boundary that these tags make; others that are among them do not count.
    pub(crate) fn within<A: Aggregate>(tags: &Tags) -> Result<Self, BadName> {
        let values = A::BOUNDARY.iter().map(|name| tags.value(name).ok_or_else(|| missing(name)));
        let values: Vec<&str> = values.collect::<Result<_, _>>()?;
        let made = A::BOUNDARY.iter().zip(&values).map(|(name, value)| Tag::new(name, value));
        let tags = made.collect::<Result<_, _>>()?;
        Ok(Self { stream: StreamName::of(A::NAME, &values.join("-"))?, tags })
    }

    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    pub(crate) fn is_boundary(&self) -> bool {
        !self.tags.is_empty()
    }

    /// The events that the state is the fold of.
    pub(crate) fn query<A: Aggregate>(&self) -> Query {
        if !self.is_boundary() {
            return Query::Stream(self.stream.clone());
        }
        // Whole contexts, so that an event which this code does not know yet is noticed.
        let contexts: Vec<_> =
            event::contexts::<A::Event>().into_iter().map(str::to_owned).collect();
        let clause = |tag: &Tag| Clause {
            contexts: contexts.clone(),
            tags: std::iter::once(tag.clone()).collect(),
            ..Clause::default()
        };
        Query::AnyOf(self.tags.as_slice().iter().map(clause).collect())
    }

    /// What must not have happened since a decision, where that is what protects it.
    pub(crate) fn guard<A: Aggregate>(&self, after: Position) -> Option<Guard> {
        self.is_boundary().then(|| Guard { query: self.query::<A>(), after })
    }
}

fn missing(name: &str) -> BadName {
    BadName { what: "tag", name: name.to_owned(), problem: NameProblem::Missing }
}
