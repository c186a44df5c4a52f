//! Sagas: their states, which have versions, and the commands that instances under way may yet send.

use factum_core::codec::{DecodeError, Form};
use factum_core::saga::{Hears, Saga, Sends, unknown_version};
use factum_core::schema::lock::{self, Failure, Rule};
use factum_core::schema::{Description, Docs, Field, SagaSchema, SampleReader, SentSchema, Shape};
use factum_core::upcast::Fields;
use serde::{Deserialize, Serialize};

use crate::app::*;

fn saga(version: u32, state: Shape) -> SagaSchema {
    SagaSchema {
        name: "transfer",
        rust_type: "bank::Transfers",
        version,
        docs: Docs::NONE,
        state,
        hears: Vec::new(),
        sends: Vec::new(),
        read: SampleReader::ANYTHING,
    }
}

/// An app with this saga, and the same aggregate as the others.
fn app(saga: SagaSchema) -> Description {
    Description { sagas: vec![saga], ..events([]) }
}

fn with_state(version: u32, fields: impl IntoIterator<Item = Field>) -> Description {
    app(saga(version, object(fields)))
}

/// Each goes to a step.
fn sending<const N: usize>(commands: [&'static str; N]) -> Description {
    let sent = |name| SentSchema {
        command: command(name, [field("cents", U64)]),
        aggregate: None,
        answered: false,
    };
    app(SagaSchema { sends: commands.map(sent).to_vec(), ..saga(1, Shape::Null) })
}

#[test]
fn it_has_a_block_with_what_it_sends() {
    let text = locked(&sending(["payment.give back", "payment.charge"]));
    let expected = "
command payment.charge
    cents: u64

command \"payment.give back\"
    cents: u64

saga transfer v1 sends payment.charge, \"payment.give back\"
    (value): null
";
    assert!(text.ends_with(expected), "{text}");
    assert_eq!(changes(&events([]), &with_state(1, [])), ["saga transfer v1 is new"]);
}

#[test]
fn one_that_is_gone_breaks_once() {
    let before = locked(&with_state(1, [field("cents", U64)]));
    let both = update(&before, &with_state(2, []));
    assert_eq!(rules_of(&both, &events([])), [Rule::RemovedSaga]);
    assert_eq!(rules_of(&before, &events([])), [Rule::RemovedSaga]);
    let renamed = app(SagaSchema { name: "payment", ..saga(1, object([field("cents", U64)])) });
    assert_eq!(rules_of(&before, &renamed), [Rule::RemovedSaga]);
}

#[test]
fn what_it_sent_it_sends_still() {
    let (one, two) = (sending(["a.pay"]), sending(["a.pay", "a.refund"]));
    assert_passes(&one, &two);
    let told = ["command a.refund is new", "saga transfer v1 sends a.refund now"];
    assert_eq!(changes(&one, &two), told);
    let reason = [Rule::DroppedCommand, Rule::RemovedCommand];
    let mut broken = rules(&two, &one);
    broken.sort_by_key(|rule| rule.name());
    assert_eq!(broken, reason);
}

#[test]
fn what_steps_carry_out_has_a_form() {
    let of = |shape| {
        let command = command("a.pay", [field("cents", shape)]);
        let sent = SentSchema { command, aggregate: None, answered: false };
        app(SagaSchema { sends: vec![sent], ..saga(1, Shape::Null) })
    };
    assert_passes(&of(U32), &of(U64));
    assert_breaks(&of(U64), &of(U32), &[Rule::RetypedField]);
}

#[test]
fn its_state_changes_as_an_event_does() {
    let before = with_state(1, [field("cents", U32)]);
    let added = [field("cents", U64), optional(field("note", Shape::Text))];
    assert_passes(&before, &with_state(1, added));
    let needed = [field("cents", U32), field("note", Shape::Text)];
    assert_breaks(&before, &with_state(1, needed), &[Rule::RequiredField]);
    assert_breaks(&before, &with_state(1, []), &[Rule::RemovedField]);
    assert_breaks(&before, &with_state(1, [field("cents", Shape::Text)]), &[Rule::RetypedField]);
}

#[test]
fn a_new_version_leaves_the_one_before() {
    let (first, second) = (with_state(1, [field("cents", U32)]), with_state(2, []));
    assert_passes(&first, &second);
    assert_eq!(changes(&first, &second), ["saga transfer v2 is new"]);
    let both = update(&locked(&first), &second);
    assert!(both.contains("saga transfer v1\n    cents: u32\n\nsaga transfer v2\n"), "{both}");
    assert_eq!(rules_of(&both, &first), [Rule::LoweredVersion]);
    assert_eq!(update(&both, &second), both);
}

#[test]
fn what_a_version_sent_stands_at_that_of_today() {
    let second = |mut app: Description| {
        app.sagas[0].version = 2;
        app
    };
    let both = update(&locked(&sending(["a.pay"])), &second(sending(["a.pay"])));
    assert!(both.contains("saga transfer v1\n    (value): null\n"), "{both}");
    assert!(both.contains("saga transfer v2 sends a.pay\n"), "{both}");
    // Also at the same time as the version is raised.
    let rules = rules_of(&locked(&sending(["a.pay"])), &second(sending([])));
    assert!(rules.contains(&Rule::DroppedCommand), "{rules:?}");
}

/// A state that has lost what its upcaster should have read.
#[derive(Serialize, Deserialize)]
struct Transfers {
    euros: u64,
}

impl Saga for Transfers {
    const NAME: &'static str = "transfer";
    const CATEGORY: &'static str = "saga.transfer";
    const INBOX: &'static str = "saga.transfer.inbox";
    const VERSION: u32 = 3;
    fn begin() -> Self {
        Self { euros: 0 }
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
    fn upcast(version: u32, mut state: Fields) -> Result<Fields, DecodeError> {
        match version {
            1 => state.rename("cents", "euro"),
            2 => state.rename("cents", "euros"),
            3 => {}
            _ => return Err(unknown_version::<Self>(version)),
        }
        Ok(state)
    }
    fn hears(_: &mut Hears<Self>) {}
    fn sends(_: &mut Sends<Self>) {}
}

#[test]
fn old_states_are_tried_with_the_upcasters() {
    let after = app(SagaSchema::of::<Transfers>());
    let before = with_state(1, [field("cents", U32)]);
    assert_breaks(&before, &after, &[Rule::UnreadableSample]);
    let told = faults(&before, &after);
    assert!(told[0].contains("by way of its upcasters, is refused"), "{told:?}");
    assert_passes(&with_state(2, [field("cents", U32)]), &after);
    assert_passes(&with_state(3, [field("euros", U32)]), &after);
}

#[test]
fn the_report_says_what_to_do() {
    let report = |before: &Description, after: &Description| match lock::check(
        Some(&locked(before)),
        after,
        true,
    ) {
        Err(failure @ Failure::Breaking(_)) => failure.to_string(),
        other => panic!("{other:?}"),
    };
    let before = with_state(1, [field("cents", U32)]);
    let expected = r#"
events.lock:7: saga transfer v1: `cents` was u32 and is gone [removed-field]
    what instances under way say there would be lost without a word: keep it,
    or raise the version and lead from the old form to the new:

        #[saga(name = "transfer", version = 2, upcast(1 => from_v1), ..)]

        use factum::upcast::Fields;
        fn from_v1(mut old: Fields) -> Fields { .. }"#;
    let told = report(&before, &with_state(1, []));
    assert!(told.ends_with(expected), "{told}");
    let told = report(&before, &events([]));
    assert!(told.contains("the streams of its instances are named saga.transfer-…"), "{told}");
    let told = report(&sending(["a.pay"]), &sending([]));
    assert!(told.contains("it does not send a.pay any more [dropped-command]"), "{told}");
    assert!(told.contains("listed in `sends(…)` or `calls(…)`"), "{told}");
}
