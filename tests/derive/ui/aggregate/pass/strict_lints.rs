//! What is generated is as clean as the strictest crate asks.
#![deny(warnings, missing_docs, unused, unused_qualifications, unreachable_pub)]
#![deny(single_use_lifetimes, unused_lifetimes, unused_results, missing_debug_implementations)]
#![forbid(unsafe_code)]
#![warn(nonstandard_style, future_incompatible, rust_2018_idioms)]

use factum::prelude::*;

/// Events.
#[derive(Event, Clone, Debug)]
pub enum LampEvent {
    /// It shines.
    #[event("lamp.lit")]
    Lit {
        /// How bright.
        watts: u32,
        /// Not written.
        #[serde(skip)]
        cached: Option<String>,
    },
    /// It does not.
    #[event("lamp.put_out")]
    #[deprecated]
    PutOut,
    /// It was hung elsewhere.
    #[event("lamp.moved", version = 3, was = "lamp.hung", newer = skip,
            upcast(1 => moved_from_v1, 2 => moved_from_v2))]
    Moved {
        /// Where to.
        #[serde(alias = "place", default)]
        to: String,
    },
}

fn moved_from_v1(old: factum::upcast::Fields) -> factum::upcast::Fields {
    old
}

#[derive(Deserialize, Debug)]
struct MovedV2 {
    room: String,
}

fn moved_from_v2(old: MovedV2) -> LampEvent {
    LampEvent::Moved { to: old.room }
}

/// A command.
#[derive(Command, Serialize, Deserialize, Debug)]
#[command("lamp.light")]
pub struct Light {
    /// Which.
    #[id]
    pub lamp: String,
}

/// A state that is an enum.
#[derive(Aggregate, Default, Serialize, Deserialize, Debug)]
#[aggregate(
    name = "lamp", event = LampEvent, error = std::fmt::Error, commands(Light), snapshot(every = 10)
)]
pub enum Lamp {
    /// Dark.
    #[default]
    Dark,
    /// Bright.
    Bright {
        /// How.
        watts: u32,
    },
}

impl Apply<LampEvent> for Lamp {
    fn apply(&mut self, event: &LampEvent) {
        #[allow(deprecated)]
        match event {
            LampEvent::Lit { watts, .. } => *self = Self::Bright { watts: *watts },
            LampEvent::PutOut => *self = Self::Dark,
            LampEvent::Moved { .. } => {}
        }
    }
}
impl Handle<Light> for Lamp {
    fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
        emit(LampEvent::Lit { watts: 60, cached: None })
    }
}

#[derive(Default, Clone, Serialize, Deserialize, Debug)]
struct Inner;

/// A row with a field that nobody else sees.
#[derive(Projection, Default, Clone, Serialize, Deserialize, Debug)]
#[projection(name = "lamps", from(LampEvent))]
pub struct Row {
    #[key]
    lamp: u64,
    #[index]
    watts: Option<u32>,
    inner: Vec<Inner>,
    r#type: String,
}
impl Project<LampEvent> for Row {
    fn project(&mut self, _: &LampEvent, at: &Origin) {
        self.r#type = at.id().to_owned();
    }
}

/// An id.
#[derive(Id, Debug)]
pub struct LampId(u64);

fn main() {}
