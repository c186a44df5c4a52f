//! The facade under another name, as it is in a crate that re-exports it.
#![deny(warnings)]

mod platform {
    pub use factum as events;
}

use platform::events::{
    Aggregate, Apply, Command, Context, Decision, Event, Handle, Id, Origin, Project, Projection,
    emit,
};
use serde::{Deserialize, Serialize};

// What `::factum` would find is not the facade.
mod factum {}

#[derive(Event, Clone)]
#[event(crate = crate::platform::events)]
enum LampEvent {
    #[event("lamp.lit")]
    Lit { watts: u32 },
    #[event("lamp.put_out")]
    PutOut,
}

#[derive(Id, Clone, Default, Serialize, Deserialize)]
#[id(crate = crate::platform::events)]
struct LampId(u32);

#[derive(Command, Serialize, Deserialize)]
#[command("lamp.light", crate = crate::platform::events)]
struct Light {
    #[id]
    lamp: LampId,
}

#[derive(Debug)]
struct Broken;
impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}
impl std::error::Error for Broken {}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(
    name = "lamp", event = LampEvent, error = Broken, commands(Light), snapshot(every = 10),
    crate = crate::platform::events
)]
struct Lamp {
    lit: bool,
}

impl Apply<LampEvent> for Lamp {
    fn apply(&mut self, event: &LampEvent) {
        self.lit = matches!(event, LampEvent::Lit { .. });
    }
}
impl Handle<Light> for Lamp {
    fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
        if self.lit { emit(None) } else { emit(LampEvent::Lit { watts: 60 }) }
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "lamps", from(LampEvent), crate = crate::platform::events)]
struct Row {
    #[key]
    lamp: LampId,
    #[index]
    watts: u32,
}
impl Project<LampEvent> for Row {
    fn project(&mut self, event: &LampEvent, _: &Origin) {
        match event {
            LampEvent::Lit { watts } => self.watts = *watts,
            LampEvent::PutOut => self.watts = 0,
        }
    }
}

fn main() {
    assert_eq!(Light { lamp: LampId(7) }.id(), "7");
    assert_eq!(Row::COLUMNS.len(), 1);
    assert!(Lamp::snapshot().is_some());
}
