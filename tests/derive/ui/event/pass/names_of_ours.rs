//! The user's names may be those that generated code uses.
#![deny(warnings)]

use factum::prelude::*;
use factum::upcast::Fields;

#[derive(Event, Clone)]
enum LampEvent {
    #[event("lamp.lit", version = 5, upcast(1 => form, 2 => version, 3 => payload, 4 => name))]
    Lit {
        watts: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        __lifetime: Option<String>,
    },
}

fn form(old: Fields) -> Fields {
    old
}
fn version(old: Fields) -> Fields {
    old
}
fn payload(old: Fields) -> Fields {
    old
}
fn name(mut old: Fields) -> Fields {
    old.rename("power", "watts");
    old
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "lamps", from(LampEvent by list))]
struct Row {
    #[key]
    lamp: String,
}
impl Project<LampEvent> for Row {
    fn project(&mut self, _: &LampEvent, _: &Origin) {}
}

fn list(_: &LampEvent, at: &Origin) -> [String; 1] {
    [at.id().to_owned()]
}

fn main() {
    let LampEvent::Lit { watts, __lifetime } =
        LampEvent::decode("lamp.lit", 1, br#"{"power":5}"#).unwrap();
    assert_eq!((watts, __lifetime), (5, None));
}
