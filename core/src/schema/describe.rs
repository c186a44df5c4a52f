//! What an app persists, and by what.

use super::{SagaSchema, SampleReader, Shape};
use crate::event::Newer;
use crate::projection::Sources;
use crate::view::ColumnSpec;
use crate::{Aggregate, Command, Commands, Event, Projection};

/// What the source says about an item: its doc comments, which derives take along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Docs {
    /// Of the item.
    pub item: &'static str,
    /// Of its fields, each with its Rust name; those without a comment are left out.
    pub fields: &'static [(&'static str, &'static str)],
}

impl Docs {
    /// Nothing is said.
    pub const NONE: Self = Self { item: "", fields: &[] };

    /// What is said of a field; empty where that is nothing.
    pub fn field(&self, name: &str) -> &'static str {
        self.fields.iter().find(|(field, _)| *field == name).map_or("", |(_, doc)| doc)
    }
}

/// A tag, and the field that holds its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSchema {
    /// The name of the tag.
    pub name: &'static str,
    /// The name of the field in Rust; empty where that is not known.
    pub field: &'static str,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSchema {
    /// Its persisted name, `context.event`.
    pub name: &'static str,
    /// The version of its form, from 1.
    pub version: u32,
    /// The names under which it was written before.
    pub was: Vec<&'static str>,
    /// What becomes of one in a newer form than this code knows.
    pub newer: Newer,
    /// The Rust type of its enum.
    pub event_type: &'static str,
    /// The variant's name in Rust.
    pub variant: &'static str,
    /// What the source says about it.
    pub docs: Docs,
    /// Its fields.
    pub fields: Shape,
    /// The tags that it carries, in the order of their fields.
    pub tags: Vec<TagSchema>,
    /// The forms before, oldest first.
    pub past: Vec<PastForm>,
    /// Reads samples of it, of all its versions.
    pub read: SampleReader,
}

/// The form of an event in an older version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastForm {
    /// The version.
    pub version: u32,
    /// What its upcaster reads; nothing if that works on JSON.
    pub fields: Option<Shape>,
}

impl EventSchema {
    /// What is known of the events of an enum whose impl was written by hand: names and versions. Which
    /// of the tags an event carries is not.
    pub fn opaque<E: Event>() -> Vec<Self> {
        let describe = |event: &crate::EventType| Self {
            name: event.name,
            version: event.version,
            was: names_before::<E>(event.name),
            newer: E::newer(event.name),
            event_type: std::any::type_name::<E>(),
            variant: "",
            docs: Docs::NONE,
            fields: Shape::Any,
            tags: Vec::new(),
            past: (1..event.version).map(|version| PastForm { version, fields: None }).collect(),
            read: Self::reader::<E>(),
        };
        E::TYPES.iter().map(describe).collect()
    }

    /// What reads samples of the events of an enum.
    pub fn reader<E: Event>() -> SampleReader {
        SampleReader::of_event::<E>()
    }
}

/// The names under which an event was written before.
fn names_before<E: Event>(name: &str) -> Vec<&'static str> {
    E::WAS.iter().filter(|(_, now)| *now == name).map(|(was, _)| *was).collect()
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSchema {
    /// Its persisted name, `context.name`.
    pub name: &'static str,
    /// Its type in Rust.
    pub rust_type: &'static str,
    /// What the source says about it.
    pub docs: Docs,
    /// Its fields.
    pub fields: Shape,
    /// The tags that say which boundary it goes to.
    pub tags: Vec<TagSchema>,
    /// Reads samples of it.
    pub read: SampleReader,
}

impl CommandSchema {
    /// Describes a command.
    pub fn of<C: Command>() -> Self {
        Self {
            name: C::NAME,
            rust_type: std::any::type_name::<C>(),
            docs: C::docs(),
            fields: C::form().shape(),
            tags: C::tag_fields(),
            read: SampleReader::of_command::<C>(),
        }
    }
}

/// An aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateSchema {
    /// The category of its streams.
    pub name: &'static str,
    /// What the source says about it.
    pub docs: Docs,
    /// What can be sent to it.
    pub commands: Vec<CommandSchema>,
    /// What happens to it.
    pub events: Vec<EventSchema>,
    /// The tags that make its boundary, in order; none if it is one stream.
    pub boundary: Vec<&'static str>,
    /// How its state is kept, if it is.
    pub snapshot: Option<SnapshotSchema>,
}

/// The state of an aggregate, kept beside the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotSchema {
    /// After how many events.
    pub every: u64,
    /// Its form.
    pub state: Shape,
}

impl AggregateSchema {
    /// Whether it writes the event.
    pub fn writes(&self, event: &str) -> bool {
        self.events.iter().any(|written| written.name == event)
    }

    /// Describes an aggregate.
    pub fn of<A: Aggregate>() -> Self {
        let snapshot = |policy: crate::snapshot::SnapshotPolicy<A>| SnapshotSchema {
            every: policy.every,
            state: policy.form.shape(),
        };
        Self {
            name: A::NAME,
            docs: A::docs(),
            commands: Commands::<A>::of().listed().iter().map(|c| c.schema()).collect(),
            events: A::Event::schemas(),
            boundary: A::BOUNDARY.to_vec(),
            snapshot: A::snapshot().map(snapshot),
        }
    }
}

/// A projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionSchema {
    /// The name of the view.
    pub name: &'static str,
    /// The version of its code.
    pub version: u32,
    /// What the source says about it.
    pub docs: Docs,
    /// The events that it follows.
    pub follows: Vec<EventSchema>,
    /// The fields that queries may name.
    pub columns: &'static [ColumnSpec],
    /// The form of a row.
    pub row: Shape,
    /// Reads samples of rows.
    pub read: SampleReader,
}

impl ProjectionSchema {
    /// Describes a projection.
    pub fn of<P: Projection>() -> Self {
        Self {
            name: P::NAME,
            version: P::VERSION,
            docs: P::docs(),
            follows: Sources::<P>::of().schemas(),
            columns: P::COLUMNS,
            row: P::form().shape(),
            read: SampleReader::of_row::<P>(),
        }
    }
}

/// A whole app, each part in the order in which it was added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// What decides.
    pub aggregates: Vec<AggregateSchema>,
    /// What follows.
    pub projections: Vec<ProjectionSchema>,
    /// What leads aggregates through a process.
    pub sagas: Vec<SagaSchema>,
    /// Why the app would not start: two types with one name, say. Each is a text.
    pub problems: Vec<String>,
}

impl Description {
    /// The events that are written or read, each once, by name.
    pub fn events(&self) -> Vec<&EventSchema> {
        let written = self.aggregates.iter().flat_map(|aggregate| &aggregate.events);
        let read = self.projections.iter().flat_map(|projection| &projection.follows);
        let heard = self.sagas.iter().flat_map(|saga| &saga.hears).map(|heard| &heard.event);
        by_name(written.chain(read).chain(heard), |event| event.name)
    }

    /// Whether an aggregate of the app writes the event.
    pub fn writes(&self, event: &str) -> bool {
        self.aggregates.iter().any(|aggregate| aggregate.writes(event))
    }

    /// The commands that are sent to aggregates, by name.
    pub fn commands(&self) -> Vec<&CommandSchema> {
        let commands = self.aggregates.iter().flat_map(|aggregate| &aggregate.commands);
        by_name(commands, |command| command.name)
    }

    /// All commands that are persisted: those that steps carry out for sagas, too.
    #[cfg(feature = "schema")]
    pub(super) fn all_commands(&self) -> Vec<&CommandSchema> {
        let called = self.sagas.iter().flat_map(SagaSchema::calls);
        by_name(self.commands().into_iter().chain(called), |command| command.name)
    }

    /// The sagas, by name.
    #[cfg(feature = "schema")]
    pub(super) fn processes(&self) -> Vec<&SagaSchema> {
        by_name(self.sagas.iter(), |saga| saga.name)
    }

    /// The projections, by name.
    #[cfg(feature = "schema")]
    pub(super) fn views(&self) -> Vec<&ProjectionSchema> {
        by_name(self.projections.iter(), |projection| projection.name)
    }
}

fn by_name<'a, T>(
    items: impl Iterator<Item = &'a T>,
    name: impl Fn(&T) -> &'static str,
) -> Vec<&'a T> {
    let mut items: Vec<_> = items.collect();
    items.sort_by_key(|item| name(item));
    items.dedup_by_key(|item| name(item));
    items
}

/// A Rust type's name, without the modules before it and the parameters behind it.
#[cfg(feature = "schema")]
pub(super) fn type_name(rust_type: &str) -> &str {
    let name = rust_type.split('<').next().unwrap_or(rust_type);
    name.rsplit("::").next().unwrap_or(name)
}

/// Whether a field's name in JSON is that in Rust, which `rename_all` may have spelled in another way.
#[cfg(feature = "schema")]
pub(super) fn same_field(json_name: &str, rust_name: &str) -> bool {
    letters(json_name).eq(letters(rust_name))
}

#[cfg(feature = "schema")]
fn letters(name: &str) -> impl Iterator<Item = char> {
    let name = name.strip_prefix("r#").unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

#[cfg(all(test, feature = "schema"))]
mod tests {
    #[test]
    fn types_lose_their_path() {
        assert_eq!(super::type_name("bank::commands::Pay<bank::Eur>"), "Pay");
    }
}
