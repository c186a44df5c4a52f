//! Reminders, and the saga that waits for each until it is due.

use std::convert::Infallible;

use factum::Timestamp;
use factum::codec::Form;
use factum::prelude::*;
use factum::saga::{Hears, React, Reaction, Saga, Sends, Starts, after, complete};

#[derive(Event, Clone, Debug)]
pub(crate) enum ReminderEvent {
    #[event("reminder.set")]
    Set { due: i64 },
}

/// Has an instance wait until a moment, in microseconds.
#[derive(Command, Serialize, Deserialize)]
#[command("reminder.set_for")]
pub(crate) struct SetFor {
    #[id]
    pub(crate) reminder: String,
    pub(crate) due: i64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "reminder", event = ReminderEvent, error = Infallible, commands(SetFor))]
pub(crate) struct Reminder;

impl Apply<ReminderEvent> for Reminder {
    fn apply(&mut self, _: &ReminderEvent) {}
}

impl Handle<SetFor> for Reminder {
    fn handle(&self, cmd: &SetFor, _: &Context) -> Decision<Self> {
        emit(ReminderEvent::Set { due: cmd.due })
    }
}

/// Completes when its reminder is due.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Reminders;

impl Saga for Reminders {
    const NAME: &'static str = "reminder";
    const CATEGORY: &'static str = "saga.reminder";
    const INBOX: &'static str = "saga.reminder.inbox";

    fn begin() -> Self {
        Self
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn hears(list: &mut Hears<Self>) {
        let starts = Starts { variants: &["Set"], is_one: |_| true };
        list.from_keyed::<ReminderEvent, _>(|_, at| Some(at.id().to_owned()), starts);
    }

    fn sends(_: &mut Sends<Self>) {}
}

impl React<ReminderEvent> for Reminders {
    fn react(&mut self, event: &ReminderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        let ReminderEvent::Set { due } = event;
        after(Timestamp::from_micros(*due), "due", complete())
    }
}
