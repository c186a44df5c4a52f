//! What an instance cannot take in, and what is made of that.

use std::sync::Arc;

use bytes::Bytes;
use factum_core::saga::{
    Instance, Kept, Observe, Operate, Operation, Outcome, Process, ProcessError, Resolve, Saga,
    SagaEvent, Seat, Stall, Status,
};
use factum_core::store::{LogId, Metadata, Recorded, Stamp};
use factum_core::testing::{TIME, command_id};
use factum_core::{
    Aggregate, Context, Event, EventName, Origin, Position, SentTo, StreamName, Tags,
};

use crate::shop::OrderEvent::{self, Noted, Packed, Placed, Said};
use crate::shop::{HOUR, Orders};

/// An instance as the engine leads it, where the kit would fail the test.
struct Led {
    seat: Arc<Seat<Orders>>,
    process: Process<Orders>,
}

type Decided = Result<Vec<SagaEvent>, ProcessError>;

impl Led {
    fn new() -> Self {
        Self { seat: Arc::default(), process: Process::empty() }
    }

    fn instance(&self) -> &Instance {
        self.process.instance()
    }

    fn tell(&mut self, command: &impl SentTo<Process<Orders>>) -> Decided {
        let context = Context::new(command_id(0), TIME.plus(HOUR));
        let events = command.decide(&self.process, &context)?;
        events.as_slice().iter().for_each(|event| self.process.fold(event));
        Ok(events.as_slice().to_vec())
    }

    fn hear(&mut self, position: u64, event: &OrderEvent) -> Decided {
        let starts = !matches!(event, Noted);
        let event = Arc::new(recorded(position, event));
        self.tell(&Observe::new(self.seat.clone(), "7".to_owned(), event, starts))
    }

    /// Hears what it cannot take in, and is stuck at it as the engine would have it.
    fn stall_at(&mut self, position: u64, event: &OrderEvent) -> String {
        let Err(ProcessError::Stalls(reason)) = self.hear(position, event) else {
            panic!("it takes in {event:?}")
        };
        let at = Some(Position::new(position));
        let stall = Stall::new(self.seat.clone(), "7".to_owned(), reason.clone(), at).beginning();
        assert_eq!(self.tell(&stall).unwrap().len(), 1);
        assert_eq!(self.instance().reason(), Some(&*reason));
        assert_eq!(self.instance().status(), Status::Stuck);
        reason
    }

    fn operate(&mut self, operation: Operation) -> Decided {
        let by = "alice".to_owned();
        self.tell(&Operate::new(self.seat.clone(), "7".to_owned(), operation, by))
    }

    fn answer(&mut self, outcome: Outcome) -> Decided {
        let errand = self.instance().errand().unwrap();
        self.tell(&Resolve::new(self.seat.clone(), "7".to_owned(), errand, outcome))
    }

    fn sends(&self) -> Option<&str> {
        self.instance().errand().map(|errand| &*errand.letter.command)
    }
}

fn recorded(position: u64, event: &OrderEvent) -> Recorded {
    let mut payload = Vec::new();
    event.encode(&mut payload).unwrap();
    let at = Origin {
        log: LogId::from_bytes([0; 16]),
        position: Position::new(position),
        stream: StreamName::new("order-7").unwrap(),
        revision: position,
        key: command_id(position),
        index: 0,
        stamp: Stamp::new(0),
        tags: Tags::none(),
        meta: Metadata { time: TIME, ..Metadata::default() },
    };
    let kind = event.event_type();
    let name = EventName::fixed(kind.name);
    Recorded { at, name, version: kind.version, payload: Bytes::from(payload) }
}

fn placed() -> OrderEvent {
    Placed { item: "lamp".to_owned(), cents: 5 }
}

fn said(what: &str) -> OrderEvent {
    Said { what: what.to_owned() }
}

/// An order that is placed and waits to be charged.
fn running() -> Led {
    let mut led = Led::new();
    led.hear(1, &placed()).unwrap();
    led
}

#[test]
fn mistakes_stall_and_change_nothing_else() {
    for (what, reason) in [
        ("panic", "the saga's code panicked: no luck"),
        ("unwritable", "command stock.confuse cannot be written as JSON: key must be a string"),
        ("broken state", "the saga's state cannot be written as JSON: key must be a string"),
    ] {
        let mut led = running();
        let before = led.instance().state().cloned();
        assert_eq!(led.stall_at(2, &said(what)), reason);
        assert_eq!(led.sends(), None, "it sends nothing while it is stuck");
        assert_eq!(led.instance().state().cloned(), before);
        assert_eq!(led.instance().next_timer(), None);
    }
}

#[test]
fn what_is_stuck_hears_nothing_until_a_person_comes() {
    let mut led = running();
    led.stall_at(2, &said("panic"));
    let refused = led.hear(3, &Noted).unwrap_err();
    assert_eq!(refused, ProcessError::Stuck("the saga's code panicked: no luck".to_owned()));
    led.operate(Operation::Retry).unwrap();
    assert_eq!((led.instance().status(), led.sends()), (Status::Running, Some("payment.charge")));
    // It is the same event, which now can be taken in: the code was mended.
    assert_eq!(led.hear(2, &Noted).unwrap().len(), 1);
    assert_eq!(led.hear(3, &Noted).unwrap().len(), 1);
}

#[test]
fn an_event_that_is_skipped_has_come_to_nothing() {
    let mut led = running();
    led.stall_at(2, &said("panic"));
    led.operate(Operation::Skip).unwrap();
    assert_eq!((led.instance().status(), led.sends()), (Status::Running, Some("payment.charge")));
    assert_eq!(led.hear(2, &said("panic")).unwrap(), []);
    assert_eq!(led.hear(3, &Noted).unwrap().len(), 1);
}

#[test]
fn the_event_that_an_instance_would_begin_with_can_be_skipped() {
    let mut led = Led::new();
    led.stall_at(1, &said("panic"));
    led.operate(Operation::Skip).unwrap();
    assert_eq!(led.instance().status(), Status::New);
    assert_eq!(led.hear(1, &said("panic")).unwrap(), []);
    assert_eq!(led.hear(2, &placed()).unwrap().len(), 1);
    assert_eq!(led.instance().status(), Status::Running);
}

#[test]
fn an_instance_that_never_began_can_be_given_up() {
    let mut led = Led::new();
    led.stall_at(1, &said("panic"));
    assert_eq!(led.instance().began(), TIME.plus(HOUR));
    led.operate(Operation::Compensate).unwrap();
    assert_eq!(led.instance().status(), Status::Compensated);
    assert_eq!(led.instance().reason(), Some("a person gave it up"));
    assert_eq!(led.hear(1, &said("panic")).unwrap(), []);
    assert_eq!(led.hear(2, &placed()).unwrap(), []);
}

#[test]
fn an_answer_that_the_code_cannot_take_stalls() {
    let mut led = running();
    led.answer(Outcome::Accepted).unwrap();
    led.answer(Outcome::Accepted).unwrap();
    led.hear(2, &Packed).unwrap();
    let refused = led.answer(Outcome::Refused("panic".to_owned())).unwrap_err();
    let reason = "the saga's code panicked: no luck".to_owned();
    assert_eq!(refused, ProcessError::Stalls(reason.clone()));
    led.tell(&Stall::new(led.seat.clone(), "7".to_owned(), reason, None)).unwrap();
    // What has become of it is not known: it is sent again before anything is undone.
    led.operate(Operation::Compensate).unwrap();
    assert_eq!(led.sends(), Some("stock.ship"));
    led.answer(Outcome::Refused("panic".to_owned())).unwrap();
    assert_eq!(led.sends(), Some("stock.release"));
}

#[test]
fn what_is_stuck_or_over_does_not_stall_again() {
    let mut led = running();
    led.stall_at(2, &said("panic"));
    let stall = Stall::new(led.seat.clone(), "7".to_owned(), "more".to_owned(), None);
    assert_eq!(led.tell(&stall).unwrap(), []);
    led.operate(Operation::Compensate).unwrap();
    led.answer(Outcome::Refused("no funds".to_owned())).unwrap();
    assert_eq!(led.instance().status(), Status::Compensated);
    assert_eq!(led.tell(&stall).unwrap(), []);
    assert_eq!(led.operate(Operation::Retry), Err(ProcessError::Over(Status::Compensated)));
}

#[test]
fn a_person_finds_what_cannot_be_done() {
    let mut led = Led::new();
    assert_eq!(led.operate(Operation::Retry), Err(ProcessError::Missing));
    led.hear(1, &placed()).unwrap();
    led.answer(Outcome::Accepted).unwrap();
    led.answer(Outcome::Accepted).unwrap();
    for operation in [Operation::Retry, Operation::Skip] {
        assert_eq!(led.operate(operation), Err(ProcessError::NothingToDo(Status::Running)));
    }
    led.operate(Operation::Compensate).unwrap();
    assert_eq!(led.operate(Operation::Compensate), Err(ProcessError::Compensating));
    led.answer(Outcome::Refused("no".to_owned())).unwrap();
    assert_eq!(led.instance().status(), Status::Stuck);
    assert_eq!(led.operate(Operation::Compensate), Err(ProcessError::Compensating));
}

#[test]
fn states_of_older_code_are_brought_up_and_unknown_ones_stall() {
    let with_state = |version: u32, fields: &str| {
        let mut led = running();
        let mut events = Vec::new();
        for event in led.hear(2, &Noted).unwrap() {
            let SagaEvent::Reacted(mut reacted) = event else { panic!("{event:?}") };
            let fields = serde_json::from_str(fields).unwrap();
            reacted.told.state = Some(Kept { version, fields });
            events.push(SagaEvent::Reacted(reacted));
        }
        events.iter().for_each(|event| led.process.fold(event));
        led
    };
    let mut old = with_state(1, r#"{"seen":4}"#);
    old.hear(3, &Noted).unwrap();
    let kept = old.instance().state().unwrap();
    assert_eq!((kept.version, kept.fields.as_str()), (Orders::VERSION, r#"{"notes":5}"#));
    for (version, fields, reason) in [
        (3, "{}", "the state is of version 3, and saga order knows version 2"),
        (2, r#"{"notes":"many"}"#, "invalid type: string"),
        (1, "[]", "expected a JSON object"),
    ] {
        let said = with_state(version, fields).stall_at(3, &Noted);
        assert!(said.starts_with("the saga's state cannot be read: "), "{said}");
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn a_state_that_had_no_fields_can_be_brought_up() {
    let kept = Kept { version: 1, fields: serde_json::from_str("null").unwrap() };
    assert_eq!(kept.read::<Orders>(), Ok(Orders::default()));
}
