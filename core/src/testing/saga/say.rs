use std::fmt;

use super::given::{Led, Said};
use crate::saga::{Act, Letter, Process, ProcessError, Saga, SagaEvent};
use crate::store::{Metadata, Recorded};
use crate::testing::command_id;
use crate::testing::log::{Log, stream_of};
use crate::{Aggregate, Context, Event, SentTo, Stored};

impl<S: Saga> Led<S> {
    /// Tells the instance something, and takes in what follows.
    #[track_caller]
    pub(super) fn step(mut self, to: String, command: impl SentTo<Process<S>>) -> Self {
        let told = u64::try_from(self.timeline.len()).unwrap_or(u64::MAX);
        let context = Context::new(command_id(told), self.log.meta.time);
        let events = match command.decide(&self.process, &context) {
            Ok(events) => events,
            Err(ProcessError::Stalls(problem)) => {
                panic!("{} is mistaken in what it says to {to}: {problem}", S::NAME)
            }
            Err(problem) => panic!("{to} comes to nothing: {problem}"),
        };
        self.said = Said { to, acts: Vec::new() };
        for event in events.as_slice() {
            self.take_in(event);
        }
        self
    }

    /// As a store and its readers do.
    #[track_caller]
    fn take_in(&mut self, event: &SagaEvent) {
        let stream = stream_of(&format!("{}-{}", S::CATEGORY, self.id()));
        let revision = u64::try_from(self.timeline.len()).unwrap_or(u64::MAX);
        let Recorded { mut at, name, version, payload } = Log::new().record(&stream, event);
        (at.revision, at.key) = (revision, command_id(revision));
        at.meta = Metadata { time: event.time(), ..self.log.meta.clone() };
        let event = match SagaEvent::decode(&name, version, &payload) {
            Ok(event) => event,
            Err(problem) => panic!("{name}: {problem}"),
        };
        let acts = match &event {
            SagaEvent::Reacted(reacted) => &*reacted.told.acts,
            SagaEvent::Answered(resolved) => &resolved.told.acts,
            SagaEvent::Fired(fired) => &fired.told.acts,
            _ => &[],
        };
        let mut letters = Vec::new();
        collect_letters(acts, &mut letters);
        // The compiler has seen that the saga may send them; the list counts when an app starts.
        for Letter { command, .. } in letters {
            if self.seat.sends.listed().iter().all(|listed| listed.command != command) {
                panic!("{} sends {command}, which it does not list in `sends(…)`", S::NAME);
            }
        }
        self.said.acts.extend_from_slice(acts);
        self.process.fold(&event);
        self.timeline.push(Stored { event, at });
    }

    pub(super) fn id(&self) -> String {
        self.id.clone().unwrap_or_else(|| "nobody".to_owned())
    }

    /// For whoever expected something else.
    pub(super) fn how_it_is(&self) -> impl fmt::Display {
        let instance = self.process.instance();
        let mut text = format!("the instance is {}", instance.status());
        if let Some(reason) = instance.reason() {
            text += &format!(": {reason}");
        }
        for errand in instance.errands() {
            text += &format!("\nto be sent: {}", super::text::letter(&errand.letter));
        }
        for (name, timer) in instance.timers() {
            text += &format!("\ntimer {name:?}: due at {}", timer.due);
        }
        text
    }
}

fn collect_letters<'a>(acts: &'a [Act], letters: &mut Vec<&'a Letter>) {
    for act in acts {
        match act {
            Act::Send { letter, undo } => {
                letters.push(letter);
                letters.extend(undo);
            }
            Act::Undo(letter) => letters.push(letter),
            Act::After { then, .. } => collect_letters(then, letters),
            Act::Cancel(_) | Act::Complete | Act::Fail(_) => {}
        }
    }
}
