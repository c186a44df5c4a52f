//! The tills of a shop: what is under load.

use std::convert::Infallible;

use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub(crate) enum TillEvent {
    #[event("till.rung")]
    Rung { cents: u64 },
}

#[derive(Command, Serialize, Deserialize)]
#[command("till.ring")]
pub(crate) struct Ring {
    #[id]
    pub(crate) till: String,
    pub(crate) cents: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "till", event = TillEvent, error = Infallible, commands(Ring))]
pub(crate) struct Till {
    pub(crate) cents: u64,
}

impl Apply<TillEvent> for Till {
    fn apply(&mut self, event: &TillEvent) {
        let TillEvent::Rung { cents } = event;
        self.cents += cents;
    }
}

impl Handle<Ring> for Till {
    fn handle(&self, cmd: &Ring, _: &Context) -> Decision<Self> {
        emit(TillEvent::Rung { cents: cmd.cents })
    }
}
