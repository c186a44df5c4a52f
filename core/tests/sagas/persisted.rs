//! The JSON forms of what is written about instances: what is stored must not change by accident.

use std::time::Duration;

use factum_core::saga::{
    Act, Answer, Cause, Fired, Instance, Json, Kept, Letter, Operated, Operation, Postponed,
    Reacted, Resolved, SagaEvent, Stalled, Told, When,
};
use factum_core::testing::{TIME, command_id};
use factum_core::{Event, Position, Timestamp};

use crate::shop::OrderEvent::Packed;
use crate::{Hear, reserved};

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn letter(command: &str) -> Letter {
    Letter { command: command.to_owned(), fields: json(r#"{"item":"lamp"}"#) }
}

/// Of each kind of event those that differ in form, with what is stored of it.
fn events() -> Vec<(SagaEvent, &'static str, &'static str)> {
    let every_act = vec![
        Act::Send { letter: letter("payment.charge"), undo: Some(letter("payment.refund")) },
        Act::Send { letter: letter("stock.ship"), undo: None },
        Act::Undo(letter("stock.release")),
        Act::After {
            timer: "slow".to_owned(),
            when: When::In(Duration::from_millis(1500)),
            then: vec![Act::After {
                timer: "slower".to_owned(),
                when: When::At(Timestamp::from_micros(7)),
                then: vec![],
            }],
        },
        Act::Cancel("old".to_owned()),
        Act::Complete,
        Act::Fail("no".to_owned()),
    ];
    let state = Some(Kept { version: 2, fields: json(r#"{"notes":1}"#) });
    let cause = Cause {
        id: command_id(3).event(0),
        name: "order.placed".to_owned(),
        stream: "order-7".to_owned(),
        position: Position::new(12),
    };
    let correlation = command_id(1).uuid();
    let told = Told { time: TIME, state, acts: every_act };
    let only = Told::only(TIME, vec![]);
    let answered = |answer, keep_undo| {
        SagaEvent::Answered(Resolved { errand: 1, answer, keep_undo, told: only.clone() })
    };
    let operated =
        |operation| SagaEvent::Operated(Operated { time: TIME, operation, by: "alice".to_owned() });
    let stalled =
        |position| SagaEvent::Stalled(Stalled { time: TIME, reason: "no".to_owned(), position });
    let postponed = Postponed {
        errand: 1,
        time: TIME,
        problem: "away".to_owned(),
        until: TIME.plus(Duration::from_secs(1)),
    };
    vec![
        (
            SagaEvent::Reacted(Reacted { cause, correlation, told }),
            "saga.reacted",
            include_str!("golden/reacted.json"),
        ),
        (
            answered(Answer::Accepted, true),
            "saga.answered",
            r#"{"errand":1,"answer":"accepted","keep_undo":true,"told":{"time":946684800000000}}"#,
        ),
        (
            answered(Answer::Refused("no".to_owned()), false),
            "saga.answered",
            r#"{"errand":1,"answer":{"refused":"no"},"keep_undo":false,"told":{"time":946684800000000}}"#,
        ),
        (
            answered(Answer::Failed("away".to_owned()), true),
            "saga.answered",
            r#"{"errand":1,"answer":{"failed":"away"},"keep_undo":true,"told":{"time":946684800000000}}"#,
        ),
        (
            SagaEvent::Postponed(postponed),
            "saga.postponed",
            r#"{"errand":1,"time":946684800000000,"problem":"away","until":946684801000000}"#,
        ),
        (
            SagaEvent::Fired(Fired { timer: "slow".to_owned(), told: only.clone() }),
            "saga.fired",
            r#"{"timer":"slow","told":{"time":946684800000000}}"#,
        ),
        (
            stalled(Some(Position::new(12))),
            "saga.stalled",
            r#"{"time":946684800000000,"reason":"no","position":12}"#,
        ),
        (stalled(None), "saga.stalled", r#"{"time":946684800000000,"reason":"no"}"#),
        (
            operated(Operation::Retry),
            "saga.operated",
            r#"{"time":946684800000000,"operation":"retry","by":"alice"}"#,
        ),
        (
            operated(Operation::Skip),
            "saga.operated",
            r#"{"time":946684800000000,"operation":"skip","by":"alice"}"#,
        ),
        (
            operated(Operation::Compensate),
            "saga.operated",
            r#"{"time":946684800000000,"operation":"compensate","by":"alice"}"#,
        ),
    ]
}

#[test]
fn what_is_written_stays_as_it_is() {
    for (event, name, stored) in events() {
        let mut written = Vec::new();
        event.encode(&mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), stored.trim_end());
        assert_eq!((event.event_type().name, event.event_type().version), (name, 1));
    }
}

#[test]
fn what_was_written_is_read() {
    for (event, name, stored) in events() {
        assert_eq!(SagaEvent::decode(name, 1, stored.as_bytes()), Ok(event));
    }
    let written: std::collections::BTreeSet<_> =
        events().iter().map(|(_, name, _)| *name).collect();
    let all = SagaEvent::TYPES.iter().map(|kind| kind.name).collect();
    assert_eq!(written, all, "each kind of event is pinned");
}

#[test]
fn what_newer_code_wrote_is_an_error() {
    for (name, version) in [("saga.reacted", 2), ("saga.dreamt", 1)] {
        let error = SagaEvent::decode(name, version, b"{}").unwrap_err().to_string();
        assert!(
            error.contains(name) && error.ends_with("was it written by newer code?"),
            "{error}"
        );
    }
}

#[test]
fn an_instance_is_kept_as_it_is() {
    let led = reserved().hears("nested").when("order-7", Packed).when_refused("later");
    let led = led.attempts(2).when_in_doubt("away").when_in_doubt("away");
    led.then_instance(|instance| {
        let kept = serde_json::to_string(instance).unwrap();
        assert_eq!(serde_json::from_str::<Instance>(&kept).unwrap(), *instance);
        assert_eq!(instance.undos().count() + instance.timers().len(), 3, "{kept}");
    });
}
