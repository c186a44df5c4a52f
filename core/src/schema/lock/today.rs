//! What the app of today reads and writes, as the lock file has it.

use super::block::{Block, Entry, Subject};
use super::form::Form;
use super::{boundary, sagas, samples, tags};
use crate::event::Newer;
use crate::schema::describe::type_name;
use crate::schema::{Description, EventSchema, Shape};

/// An event of today.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) schema: &'a EventSchema,
    /// The Rust type of its enum, without the path.
    pub(super) enum_name: &'a str,
}

impl Known<'_> {
    /// Whether it is read under this name.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        self.schema.name == name || self.schema.was.contains(&name)
    }

    pub(super) fn subject(&self, version: u32) -> Subject {
        Subject::Event { name: self.schema.name.to_owned(), version }
    }

    pub(super) fn block(&self, lock: &[Entry]) -> Block {
        let mut was: Vec<_> = self.schema.was.iter().map(|name| (*name).to_owned()).collect();
        was.sort();
        was.dedup();
        let form = Form::of(&self.schema.fields);
        let unsampled = self.refuses(&form, self.schema.version, lock);
        let skips_newer = self.schema.newer == Newer::Skip;
        let block = Block::new(self.subject(self.schema.version), form.lines);
        Block { was, tags: tags::of_event(self.schema), skips_newer, unsampled, ..block }
    }

    /// What its upcasters say of a version before, for want of better knowledge.
    pub(super) fn past_block(&self, version: u32, lock: &[Entry]) -> Block {
        let form = self.past_form(version).unwrap_or_else(|| Form::of(&Shape::Any));
        let unsampled = self.refuses(&form, version, lock);
        Block { unsampled, ..Block::new(self.subject(version), form.lines) }
    }

    fn refuses(&self, form: &Form, version: u32, lock: &[Entry]) -> bool {
        let is_marked = is_marked(lock, &self.subject(version));
        samples::refuses(form, self.schema.read, (self.schema.name, version), is_marked)
    }

    /// The form that the upcaster of a version takes, where that is a type.
    pub(super) fn past_form(&self, version: u32) -> Option<Form> {
        let past = self.schema.past.iter().find(|past| past.version == version)?;
        past.fields.as_ref().map(Form::of)
    }

    pub(super) fn has_upcaster(&self, version: u32) -> bool {
        self.schema.past.iter().any(|past| past.version == version)
    }
}

/// The events of today.
pub(super) struct Events<'a>(Vec<Known<'a>>);

impl<'a> Events<'a> {
    pub(super) fn of(app: &'a Description) -> Self {
        let known =
            |schema: &'a EventSchema| Known { schema, enum_name: type_name(schema.event_type) };
        Self(app.events().into_iter().map(known).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Known<'a>> {
        self.0.iter().copied()
    }

    /// The event that is read under a name.
    pub(super) fn reader(&self, name: &str) -> Option<Known<'a>> {
        let own = self.iter().find(|event| event.schema.name == name);
        own.or_else(|| self.iter().find(|event| event.answers_to(name)))
    }
}

fn is_marked(lock: &[Entry], subject: &Subject) -> bool {
    lock.iter().any(|entry| entry.unsampled && entry.subject == *subject)
}

/// The blocks of all but the events.
pub(super) fn others(app: &Description, lock: &[Entry]) -> Vec<Block> {
    let sampled = |subject, shape: &Shape, read, version| {
        let form = Form::of(shape);
        let unsampled = samples::refuses(&form, read, ("", version), is_marked(lock, &subject));
        Block { unsampled, ..Block::new(subject, form.lines) }
    };
    let aggregates = app.aggregates.iter().map(|aggregate| {
        let subject = Subject::Aggregate(aggregate.name.to_owned());
        Block { boundary: boundary::of_aggregate(aggregate), ..Block::new(subject, Vec::new()) }
    });
    let commands = app.all_commands().into_iter();
    let commands = commands.map(|command| {
        sampled(Subject::Command(command.name.to_owned()), &command.fields, command.read, 1)
    });
    let snapshots = app.aggregates.iter().filter_map(|aggregate| {
        let state = &aggregate.snapshot.as_ref()?.state;
        Some(Block::new(Subject::Snapshot(aggregate.name.to_owned()), state.lines()))
    });
    let sagas = app.processes().into_iter().map(|saga| {
        let subject = Subject::Saga { name: saga.name.to_owned(), version: saga.version };
        let sends = sagas::sent_by(saga);
        Block { sends, ..sampled(subject, &saga.state, saga.read, saga.version) }
    });
    let views = app.views().into_iter().map(|view| {
        let subject = Subject::View { name: view.name.to_owned(), version: view.version };
        sampled(subject, &view.row, view.read, 1)
    });
    aggregates.chain(commands).chain(sagas).chain(snapshots).chain(views).collect()
}
