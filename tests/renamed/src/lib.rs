//! The facade under another name, as `Cargo.toml` can give it: each derive is told with `crate = …`.
#![cfg(test)]
#![deny(warnings)]

use events::prelude::*;

#[derive(Event, Clone)]
#[event(crate = ::events)]
enum LampEvent {
    #[event("lamp.lit", version = 2, upcast(1 => from_v1))]
    Lit { watts: u32 },
}

fn from_v1(mut old: events::upcast::Fields) -> events::upcast::Fields {
    old.rename("power", "watts");
    old
}

#[derive(Id, Serialize, Deserialize)]
#[id(crate = ::events)]
struct LampId(u32);

/// Lights it.
#[derive(Command, Serialize, Deserialize)]
#[command("lamp.light", crate = ::events)]
struct Light {
    #[id]
    lamp: LampId,
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(
    name = "lamp",
    event = LampEvent,
    error = std::fmt::Error,
    commands(Light),
    snapshot(every = 10),
    crate = ::events
)]
struct Lamp {
    watts: u32,
}

impl Apply<LampEvent> for Lamp {
    fn apply(&mut self, event: &LampEvent) {
        let LampEvent::Lit { watts } = event;
        self.watts = *watts;
    }
}
impl Handle<Light> for Lamp {
    fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
        emit((self.watts == 0).then_some(LampEvent::Lit { watts: 60 }))
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "lamps", from(LampEvent), crate = ::events)]
struct Row {
    #[key]
    lamp: u32,
    #[index]
    watts: u32,
}
impl Project<LampEvent> for Row {
    fn project(&mut self, event: &LampEvent, _: &Origin) {
        let LampEvent::Lit { watts } = event;
        self.watts = *watts;
    }
}

#[test]
fn all_derives_find_the_facade() {
    let LampEvent::Lit { watts } = LampEvent::decode("lamp.lit", 1, br#"{"power":9}"#).unwrap();
    assert_eq!((watts, &*Light { lamp: LampId(7) }.id()), (9, "7"));
    let app = App::memory().aggregate::<Lamp>().projection::<Row>().describe();
    assert_eq!((app.commands()[0].docs.item, app.projections[0].columns.len()), ("Lights it.", 1));
}
