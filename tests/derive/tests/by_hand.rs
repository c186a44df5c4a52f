//! What the derives write can be written by hand, against public traits alone.
#![deny(warnings)]

use std::borrow::Cow;

use factum::codec::{self, DecodeError, EncodeError, Form, Seen};
use factum::prelude::{Apply, Context, Decision, Handle, Origin, Project, emit};
use factum::projection::Sources;
use factum::snapshot::{SnapshotPolicy, fingerprint};
use factum::store::{LogId, Metadata, Recorded, Stamp};
use factum::view::{Column, ColumnSpec, Indexable, Value};
use factum::{
    Aggregate, BadId, Command, Commands, Event, EventType, Id, Key, Position, Projection, SentTo,
    StreamName, Tags, Timestamp,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq)]
enum LampEvent {
    Lit { watts: u32 },
}

#[derive(Serialize, Deserialize)]
struct LitFields {
    watts: u32,
}

impl Event for LampEvent {
    const TYPES: &'static [EventType] = &[EventType { name: "lamp.lit", version: 1 }];

    fn event_type(&self) -> EventType {
        match self {
            Self::Lit { .. } => EventType { name: "lamp.lit", version: 1 },
        }
    }
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match *self {
            Self::Lit { watts } => codec::write_json(&LitFields { watts }, out),
        }
    }
    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        match (name, version) {
            ("lamp.lit", 1) => {
                let LitFields { watts } = codec::read_fields(payload)?;
                Ok(Self::Lit { watts })
            }
            _ => Err(DecodeError::unknown::<Self>(name, version)),
        }
    }
}

#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
struct LampId(u32);

impl Id for LampId {
    fn write(&self) -> Cow<'_, str> {
        self.0.write()
    }
    fn read(text: &str) -> Result<Self, BadId> {
        u32::read(text).map(Self)
    }
}

#[derive(Serialize, Deserialize)]
struct Light {
    lamp: LampId,
}

impl Command for Light {
    const NAME: &'static str = "lamp.light";
    const SHAPE: u32 = 1;

    fn id(&self) -> Cow<'_, str> {
        self.lamp.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Lamp {
    watts: u32,
}

impl Aggregate for Lamp {
    const NAME: &'static str = "lamp";
    type Event = LampEvent;
    type Error = std::fmt::Error;

    fn empty() -> Self {
        Self::default()
    }
    fn fold(&mut self, event: &LampEvent) {
        self.apply(event);
    }
    fn commands(list: &mut Commands<Self>) {
        list.add::<Light>();
    }
    fn snapshot() -> Option<SnapshotPolicy<Self>> {
        Some(SnapshotPolicy::serde(10, fingerprint(&[("watts", "u32")])))
    }
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
impl SentTo<Lamp> for Light {
    fn decide(&self, state: &Lamp, ctx: &Context) -> Decision<Lamp> {
        state.handle(self, ctx)
    }
}

#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
struct Row {
    lamp: LampId,
    watts: u32,
}

impl Row {
    const WATTS: Column<Self, u32> = Column::new(0);
}

impl Projection for Row {
    const NAME: &'static str = "lamps";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] = &[ColumnSpec { name: "watts", kind: u32::KIND }];

    fn key(&self) -> Cow<'_, str> {
        self.lamp.write()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn set_key(&mut self, key: &str) -> Result<(), BadId> {
        self.lamp = LampId::read(key)?;
        Ok(())
    }
    fn values(&self, out: &mut Vec<Value>) {
        out.push(self.watts.value());
    }
    fn sources(list: &mut Sources<Self>) {
        list.from::<LampEvent>();
    }
}
impl Project<LampEvent> for Row {
    fn project(&mut self, event: &LampEvent, _: &Origin) {
        let LampEvent::Lit { watts } = event;
        self.watts = *watts;
    }
}

fn recorded(event: &LampEvent) -> Recorded {
    let mut payload = Vec::new();
    event.encode(&mut payload).unwrap();
    let at = Origin {
        log: LogId::from_bytes([1; 16]),
        position: Position::new(1),
        stream: StreamName::of(Lamp::NAME, "7").unwrap(),
        revision: 0,
        key: Key::from_bytes([7; 16]),
        index: 0,
        stamp: Stamp::default(),
        tags: Tags::none(),
        meta: Metadata::default(),
    };
    let EventType { name, version } = event.event_type();
    Recorded { at, name: factum::EventName::fixed(name), version, payload: payload.into() }
}

#[test]
fn from_a_command_to_a_row() {
    let (mut lamp, light) = (Lamp::default(), Light { lamp: LampId(7) });
    let context = Context::new(Key::from_bytes([7; 16]), Timestamp::from_micros(0));
    let events = light.decide(&lamp, &context).unwrap().into_vec();
    assert_eq!(events, [LampEvent::Lit { watts: 60 }]);
    events.iter().for_each(|event| lamp.fold(event));
    assert!(light.decide(&lamp, &context).unwrap().is_empty());

    let mut row = Row::default();
    let sources = Sources::<Row>::of();
    let step = sources.project(Seen::alone(&recorded(&events[0])), &mut |key, change| {
        row.set_key(key)?;
        change(&mut row);
        Ok(())
    });
    assert_eq!(step, Ok(()));
    assert_eq!(row, Row { lamp: LampId(7), watts: 60 });
    let mut values = Vec::new();
    row.values(&mut values);
    assert!(Row::WATTS.eq(60u32).into_condition().holds(&values));
    assert!(Lamp::snapshot().is_some());
}
