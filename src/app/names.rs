use std::any::type_name;
use std::collections::HashMap;

use factum_core::names::{self, BadName};
use factum_core::projection::Sources;
use factum_core::saga::{Hears, Saga, SagaEvent};
use factum_core::store::Capabilities;
use factum_core::{Aggregate, Commands, Event, EventName, Projection, event};

use super::StartError;

/// The persisted names that the parts of an app claim, and the problems with them.
#[derive(Default)]
pub(super) struct Names {
    /// The Rust type that has it, by what it is and its name.
    owners: HashMap<(&'static str, &'static str), &'static str>,
    /// The aggregate that a command goes to, by the command's name.
    receivers: HashMap<&'static str, &'static str>,
    /// The projection or handler that keeps a checkpoint under a name.
    consumers: HashMap<&'static str, &'static str>,
    problems: Vec<StartError>,
    /// An aggregate with a boundary.
    bounded: Option<&'static str>,
}

impl Names {
    /// Claims what an aggregate has; says whether it is new to the app.
    pub(super) fn add_aggregate<A: Aggregate>(&mut self) -> bool {
        let owner = type_name::<A>();
        if !A::BOUNDARY.is_empty() {
            self.bounded.get_or_insert(owner);
        }
        self.check(owner, names::check_category(A::NAME));
        for command in Commands::<A>::of().listed() {
            self.check(command.rust_type, names::check("command", command.name));
            self.claim("command", command.name, command.rust_type);
            self.claim_command(command.name, owner);
        }
        // Several aggregates may write the events of one enum.
        let (events, before) = (A::Event::TYPES.iter().map(|event| event.name), A::Event::WAS);
        for name in events.chain(before.iter().map(|(was, _)| *was)) {
            self.check(type_name::<A::Event>(), EventName::fixed(name).check());
            self.claim("event", name, type_name::<A::Event>());
            self.claim("context", names::context_of(name), type_name::<A::Event>());
        }
        self.claim("aggregate", A::NAME, owner)
    }

    /// Claims the name of a projection; says whether it is new to the app.
    pub(super) fn add_projection<P: Projection>(&mut self) -> bool {
        self.check(type_name::<P>(), names::check("projection", P::NAME));
        // A projection follows whole contexts: each event must be known to the enum of its context.
        for (context, owner) in Sources::<P>::of().contexts() {
            self.claim("context", context, owner);
        }
        let is_new = self.claim("projection", P::NAME, type_name::<P>());
        if is_new {
            self.claim_consumer(P::NAME, type_name::<P>());
        }
        is_new
    }

    /// Claims the name of a subscriber, whose handler follows the events of an enum.
    pub(super) fn add_subscriber<E: Event, S>(&mut self, name: &'static str) {
        self.check(type_name::<S>(), names::check("subscriber", name));
        for context in event::contexts::<E>() {
            self.claim("context", context, type_name::<E>());
        }
        self.claim_consumer(name, type_name::<S>());
    }

    /// Claims the names of a saga; says whether it is new to the app.
    pub(super) fn add_saga<S: Saga>(&mut self) -> bool {
        let owner = type_name::<S>();
        self.check(owner, names::check_category(S::CATEGORY));
        let heard = Hears::<S>::of();
        for (context, of) in heard.contexts() {
            self.claim("context", context, of);
        }
        self.claim("context", "saga", type_name::<SagaEvent>());
        let is_new = self.claim("saga", S::NAME, owner);
        if is_new {
            self.claim_consumer(S::CATEGORY, owner);
            self.claim_consumer(S::INBOX, owner);
        }
        is_new
    }

    /// The first problem that was found, also with what the store can do.
    pub(super) fn verdict(self, can: &Capabilities) -> Result<(), StartError> {
        if let Some(problem) = self.problems.into_iter().next() {
            return Err(problem);
        }
        match self.bounded {
            Some(of) if !can.guards => {
                let what = "guards, as it has a `boundary`";
                Err(StartError::Unsupported { of, what, backend: can.backend })
            }
            _ => Ok(()),
        }
    }

    /// All that were found, as texts.
    pub(super) fn problems(&self) -> Vec<String> {
        self.problems.iter().map(ToString::to_string).collect()
    }

    fn claim(&mut self, what: &'static str, name: &'static str, owner: &'static str) -> bool {
        let Some(first) = self.owners.insert((what, name), owner) else { return true };
        if first != owner {
            self.problems.push(StartError::SameName { what, name, first, second: owner });
        }
        false
    }

    /// Two consumers under one name would share a checkpoint.
    fn claim_consumer(&mut self, name: &'static str, second: &'static str) {
        if let Some(first) = self.consumers.insert(name, second) {
            self.problems.push(StartError::SameConsumer { name, first, second });
        }
    }

    /// A command that two aggregates list would reach one of them only.
    fn claim_command(&mut self, command: &'static str, owner: &'static str) {
        let first = *self.receivers.entry(command).or_insert(owner);
        if first != owner {
            let problem = StartError::SeveralReceivers { command, first, second: owner };
            self.problems.push(problem);
        }
    }

    fn check(&mut self, of: &'static str, named: Result<(), BadName>) {
        if let Err(problem) = named {
            self.problems.push(StartError::BadName { of, problem });
        }
    }
}
