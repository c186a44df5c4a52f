//! What is configured away is not there for the derives either.
#![deny(warnings)]

use factum::prelude::*;
use factum::schema::AggregateSchema;

#[derive(Event, Clone)]
enum LampEvent {
    #[event("lamp.lit")]
    Lit {
        watts: u32,
        #[cfg(any())]
        missing: NoSuchType,
        #[cfg(not(any()))]
        #[serde(default)]
        there: Option<String>,
    },
    #[cfg(any())]
    #[event("lamp.lit", version = 0)]
    Missing { no: NoSuchType },
    #[cfg_attr(all(), event("lamp.put_out"))]
    PutOut,
}

#[derive(Command, Serialize, Deserialize)]
#[command("lamp.light")]
struct Light {
    #[cfg(any())]
    #[id]
    other: NoSuchType,
    #[cfg_attr(all(), id)]
    lamp: String,
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[cfg_attr(all(), aggregate(
    name = "lamp", event = LampEvent, error = std::fmt::Error, commands(Light), snapshot(every = 9)
))]
struct Lamp {
    watts: u32,
    #[cfg(any())]
    missing: NoSuchType,
}
impl Apply<LampEvent> for Lamp {
    fn apply(&mut self, event: &LampEvent) {
        match event {
            LampEvent::Lit { watts, there: _ } => self.watts = *watts,
            LampEvent::PutOut => self.watts = 0,
        }
    }
}
impl Handle<Light> for Lamp {
    fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
        emit([LampEvent::Lit { watts: 60, there: None }, LampEvent::PutOut])
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "lamps", from(LampEvent))]
struct Row {
    #[key]
    lamp: String,
    #[cfg(any())]
    #[index]
    missing: NoSuchType,
    #[cfg_attr(all(), index)]
    watts: u32,
}
impl Project<LampEvent> for Row {
    fn project(&mut self, _: &LampEvent, _: &Origin) {
        self.watts += 1;
    }
}

fn main() {
    let lamp = AggregateSchema::of::<Lamp>();
    let names: Vec<_> = lamp.events.iter().map(|event| event.name).collect();
    assert_eq!(names, ["lamp.lit", "lamp.put_out"]);
    let lines = |shape: &factum::schema::Shape| {
        shape.lines().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(lines(&lamp.events[0].fields), ["there?: string | null", "watts: u32"]);
    assert_eq!(lines(&lamp.snapshot.unwrap().state), ["watts: u32"]);
    assert_eq!(Row::COLUMNS.len(), 1);
}
