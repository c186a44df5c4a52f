//! Apps, described by hand.

use factum_core::event::Newer;
use factum_core::schema::lock::{self, Rule, Verdict};
use factum_core::schema::{
    Again, AggregateSchema, Checked, Choice, CommandSchema, Description, Docs, EventSchema, Field,
    Integer, Object, PastForm, ProjectionSchema, SampleReader, Shape, SnapshotSchema, Variant,
};

pub(crate) const U32: Shape = Shape::Integer(Integer::U32);
pub(crate) const U64: Shape = Shape::Integer(Integer::U64);

pub(crate) fn field(name: &str, shape: Shape) -> Field {
    Field { name: name.to_owned(), aliases: Vec::new(), shape, optional: false }
}

pub(crate) fn optional(field: Field) -> Field {
    Field { optional: true, ..field }
}

pub(crate) fn alias(field: Field, alias: &str) -> Field {
    let aliases = [field.aliases, vec![alias.to_owned()]].concat();
    Field { aliases, ..field }
}

/// `Option`, as a field of it is read.
pub(crate) fn maybe(name: &str, shape: Shape) -> Field {
    optional(field(name, nullable(shape)))
}

pub(crate) fn nullable(shape: Shape) -> Shape {
    Shape::Nullable(Box::new(shape))
}

pub(crate) fn list(shape: Shape) -> Shape {
    Shape::List(Box::new(shape))
}

pub(crate) fn checked(of: Shape, like: Option<&str>) -> Shape {
    Shape::Checked(Checked { of: Box::new(of), like: like.map(str::to_owned) })
}

pub(crate) fn map(key: Shape, value: Shape) -> Shape {
    Shape::Map(Box::new(key), Box::new(value))
}

pub(crate) fn object(fields: impl IntoIterator<Item = Field>) -> Shape {
    named("Fields", fields)
}

pub(crate) fn named(name: &str, fields: impl IntoIterator<Item = Field>) -> Shape {
    Shape::Object(Object {
        name: name.to_owned(),
        fields: fields.into_iter().collect(),
        strict: false,
    })
}

/// An object that refuses other fields.
pub(crate) fn strict(fields: impl IntoIterator<Item = Field>) -> Shape {
    Shape::Object(Object {
        name: "Fields".to_owned(),
        fields: fields.into_iter().collect(),
        strict: true,
    })
}

pub(crate) fn again(name: &str, up: usize) -> Shape {
    Shape::Again(Again { name: name.to_owned(), up })
}

pub(crate) fn choice<const N: usize>(variants: [(&str, Option<Shape>); N]) -> Shape {
    let variant =
        |(name, content): (&str, Option<Shape>)| Variant { name: name.to_owned(), content };
    Shape::Choice(Choice {
        name: "Kind".to_owned(),
        variants: variants.into_iter().map(variant).collect(),
    })
}

pub(crate) fn event(name: &'static str, fields: impl IntoIterator<Item = Field>) -> EventSchema {
    EventSchema {
        name,
        version: 1,
        was: Vec::new(),
        newer: Newer::Fail,
        event_type: "bank::account::AccountEvent",
        variant: "Deposited",
        docs: Docs::NONE,
        fields: object(fields),
        tags: Vec::new(),
        past: Vec::new(),
        read: SampleReader::ANYTHING,
    }
}

pub(crate) fn was(mut event: EventSchema, name: &'static str) -> EventSchema {
    event.was.push(name);
    event
}

/// One more version, with the form that its upcaster takes.
pub(crate) fn raised(mut event: EventSchema, fields: Option<Shape>) -> EventSchema {
    event.past.push(PastForm { version: event.version, fields });
    event.version += 1;
    event
}

pub(crate) fn command(
    name: &'static str,
    fields: impl IntoIterator<Item = Field>,
) -> CommandSchema {
    CommandSchema {
        name,
        rust_type: "bank::Deposit",
        docs: Docs::NONE,
        fields: object(fields),
        tags: Vec::new(),
        read: SampleReader::ANYTHING,
    }
}

fn aggregate() -> AggregateSchema {
    AggregateSchema {
        name: "account",
        docs: Docs::NONE,
        commands: Vec::new(),
        events: Vec::new(),
        boundary: Vec::new(),
        snapshot: None,
    }
}

fn description(aggregate: AggregateSchema) -> Description {
    Description { aggregates: vec![aggregate], ..Description::default() }
}

pub(crate) fn events(events: impl IntoIterator<Item = EventSchema>) -> Description {
    description(AggregateSchema { events: events.into_iter().collect(), ..aggregate() })
}

pub(crate) fn commands(commands: impl IntoIterator<Item = CommandSchema>) -> Description {
    description(AggregateSchema { commands: commands.into_iter().collect(), ..aggregate() })
}

pub(crate) fn snapshot(state: Shape) -> Description {
    let snapshot = Some(SnapshotSchema { every: 100, state });
    description(AggregateSchema { snapshot, ..aggregate() })
}

/// An app with one projection, and the same aggregate as the others.
pub(crate) fn view(version: u32, row: Shape) -> Description {
    let view = ProjectionSchema {
        name: "balances",
        version,
        docs: Docs::NONE,
        follows: Vec::new(),
        columns: &[],
        row,
        read: SampleReader::ANYTHING,
    };
    Description { projections: vec![view], ..description(aggregate()) }
}

/// An app with one event.
pub(crate) fn with_fields(fields: impl IntoIterator<Item = Field>) -> Description {
    events([event("account.deposited", fields)])
}

/// An app with one event that has one field, `it`.
pub(crate) fn with(shape: Shape) -> Description {
    with_fields([field("it", shape)])
}

/// The text that an update of this one writes.
pub(crate) fn update(lock: &str, app: &Description) -> String {
    match lock::compare(lock, app).unwrap() {
        Verdict::Same => lock.to_owned(),
        Verdict::Compatible { text, .. } => text,
        Verdict::Breaking(breaks) => panic!("{breaks:#?}"),
    }
}

pub(crate) fn locked(app: &Description) -> String {
    update("", app)
}

/// The rules that break from the one app to the other.
pub(crate) fn rules(before: &Description, after: &Description) -> Vec<Rule> {
    rules_of(&locked(before), after)
}

pub(crate) fn rules_of(lock: &str, app: &Description) -> Vec<Rule> {
    match lock::compare(lock, app).unwrap() {
        Verdict::Breaking(breaks) => {
            breaks.iter().flat_map(|broken| &broken.faults).map(|fault| fault.rule).collect()
        }
        _ => Vec::new(),
    }
}

/// What broke, without the advice.
pub(crate) fn faults(before: &Description, after: &Description) -> Vec<String> {
    match lock::compare(&locked(before), after).unwrap() {
        Verdict::Breaking(breaks) => breaks
            .iter()
            .flat_map(|broken| &broken.faults)
            .map(|fault| format!("{}: {} [{}]", fault.line, fault.what, fault.rule))
            .collect(),
        _ => Vec::new(),
    }
}

/// What changed, of which nothing breaks.
pub(crate) fn changes(before: &Description, after: &Description) -> Vec<String> {
    changes_of(&locked(before), after)
}

pub(crate) fn changes_of(lock: &str, app: &Description) -> Vec<String> {
    match lock::compare(lock, app).unwrap() {
        Verdict::Same => Vec::new(),
        Verdict::Compatible { changes, .. } => changes.iter().map(ToString::to_string).collect(),
        Verdict::Breaking(breaks) => panic!("{breaks:#?}"),
    }
}

/// Asserts that the change passes, and is written.
#[track_caller]
pub(crate) fn assert_passes(before: &Description, after: &Description) {
    let faults = faults(before, after);
    assert!(faults.is_empty(), "{faults:#?}");
    let text = update(&locked(before), after);
    assert_eq!(lock::compare(&text, after), Ok(Verdict::Same), "{text}");
}

/// Asserts that the change breaks these rules, whatever an update would do.
#[track_caller]
pub(crate) fn assert_breaks(before: &Description, after: &Description, broken: &[Rule]) {
    assert_eq!(rules(before, after), broken);
    assert!(lock::check(Some(&locked(before)), after, true).is_err());
}
