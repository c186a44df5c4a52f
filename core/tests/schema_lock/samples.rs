//! Samples of what is locked, which the code of today reads.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use factum_core::codec::{DecodeError, EncodeError, Form};
use factum_core::schema::lock::Rule;
use factum_core::schema::{CommandSchema, Description, EventSchema, SampleReader, Shape};
use factum_core::{Command, Event, EventType};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::*;
use crate::random::{Random, any_object};
use crate::values::reads;

thread_local! {
    static FORM: RefCell<Shape> = const { RefCell::new(Shape::Any) };
    static READ: Cell<u64> = const { Cell::new(0) };
}

/// Takes what the form of this thread reads.
struct Watched(Vec<u8>);

impl Event for Watched {
    const TYPES: &'static [EventType] = &[EventType { name: "account.deposited", version: 1 }];

    fn event_type(&self) -> EventType {
        Self::TYPES[0]
    }
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend(&self.0);
        Ok(())
    }
    fn decode(_: &str, _: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        let value: Value = serde_json::from_slice(payload).unwrap();
        READ.set(READ.get() + 1);
        if FORM.with_borrow(|form| reads(form, &value)) {
            Ok(Self(payload.to_vec()))
        } else {
            Err(DecodeError::Payload(value.to_string()))
        }
    }
}

fn watched(fields: Shape) -> Description {
    FORM.set(fields.clone());
    let event = event("account.deposited", []);
    events([EventSchema { fields, read: EventSchema::reader::<Watched>(), ..event }])
}

#[test]
fn samples_are_of_the_form_that_is_locked() {
    for seed in 0..1_000 {
        let app = watched(Shape::Object(any_object(&mut Random(seed), 3, &[])));
        let lock = locked(&app);
        assert!(!lock.contains("unsampled"), "{seed}: {lock}");
        assert!(rules_of(&lock, &app).is_empty(), "{seed}: {lock}");
    }
    assert!(READ.get() > 2_000, "only {} samples were made", READ.get());
}

#[test]
fn what_reads_less_than_its_form_says_breaks() {
    let app = watched(object([field("cents", U64), maybe("note", Shape::Text)]));
    let lock = locked(&app);
    FORM.set(object([field("cents", U64), field("note", Shape::Text)]));
    assert_eq!(rules_of(&lock, &app), [Rule::UnreadableSample]);
}

/// One part of it is read only.
#[derive(Serialize, Deserialize)]
#[expect(dead_code, reason = "it is read by serde")]
struct Deposit {
    cents: u64,
    #[serde(skip_serializing)]
    note: String,
}

impl Command for Deposit {
    const NAME: &'static str = "account.deposit";
    const SHAPE: u32 = 0;
    fn id(&self) -> Cow<'_, str> {
        "1".into()
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}

#[test]
fn a_command_is_read_as_its_code_does() {
    let fields = [field("cents", U64), field("note", Shape::Text)];
    let plain = command("account.deposit", fields);
    let lock = locked(&commands([plain.clone()]));
    let read = SampleReader::of_command::<Deposit>();
    let app = commands([CommandSchema { read, ..plain }]);
    assert_eq!(rules_of(&lock, &app), [Rule::UnreadableSample]);
    assert_eq!(rules_of("", &app), [Rule::UnreadableSample]);
    let by_hand = lock.replace("account.deposit\n", "account.deposit unsampled\n");
    assert!(changes_of(&by_hand, &app).is_empty());
}
