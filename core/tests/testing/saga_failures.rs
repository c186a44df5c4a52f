//! A failing test of a saga says what differs, and a mistaken saga what is wrong.

use std::collections::BTreeMap;

use factum_core::codec::{self, DecodeError, EncodeError};
use factum_core::saga::{Operation, Reaction, send};
use factum_core::testing::{self, Led};
use factum_core::{Event, EventType};

use crate::blame::{failure, message};
use crate::shop::OrderEvent::*;
use crate::shop::{HOUR, Orders, charge, refund, release, reserve, ship};

const RAINED: EventType = EventType { name: "weather.rained", version: 1 };

/// An event that no saga hears.
#[derive(Debug)]
struct Rained;

impl Event for Rained {
    const TYPES: &'static [EventType] = &[RAINED];
    fn event_type(&self) -> EventType {
        RAINED
    }
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        codec::write_json(&BTreeMap::<String, String>::new(), out)
    }
    fn decode(_: &str, _: u32, _: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

fn placed() -> Led<Orders> {
    testing::saga::<Orders>().when("order-7", Placed { item: "lamp".to_owned(), cents: 5 })
}

#[test]
fn what_is_said_is_compared_line_by_line_at_the_line_of_the_test() {
    let line = line!() + 2;
    let (place, message) = failure(|| {
        placed().then(send(charge()).undo_with(release()).send(reserve()));
    });
    assert!(place.starts_with(&format!("{}:{line}:", file!())), "{place}");
    let expected = r#"what order says to order.placed of stream order-7 (- expected, + actual):
  send payment.charge {"item":"lamp"}
-   undo with stock.release {"item":"lamp"}
+   undo with payment.refund {"item":"lamp"}
  send stock.reserve {"item":"lamp"}
+   undo with stock.release {"item":"lamp"}
+ after 1h "slow"
+   fail "it took an hour"
"#;
    assert_eq!(message, expected);
}

#[test]
fn other_commands_and_undos_are_shown() {
    let said = message(|| _ = placed().then_sends(reserve()));
    let expected = "the command that order sends (- expected, + actual):
- stock.reserve {\"item\":\"lamp\"}
+ payment.charge {\"item\":\"lamp\"}
";
    assert_eq!(said, expected);
    let said = message(|| _ = placed().then_undoes_with(release()));
    assert!(said.starts_with("what order undoes first (- expected, + actual):"), "{said}");
    let said = message(|| _ = testing::saga::<Orders>().then_sends(charge()));
    let expected =
        "order sends nothing: the instance is new\nexpected: payment.charge {\"item\":\"lamp\"}";
    assert_eq!(said, expected);
    let said = message(|| _ = testing::saga::<Orders>().then_undoes_with(refund()));
    assert!(said.starts_with("order has nothing to undo: the instance is new"), "{said}");
}

#[test]
fn what_it_waits_for_is_told_where_it_should_have_ended() {
    let said = message(|| _ = placed().then_completed());
    let expected = r#"order is not completed: the instance is running
to be sent: payment.charge {"item":"lamp"}
to be sent: stock.reserve {"item":"lamp"}
timer "slow": due at 2000-01-01T01:00:00.000000Z"#;
    assert_eq!(said, expected);
    let said = message(|| _ = placed().then_compensated());
    assert!(said.starts_with("order is not compensated: the instance is running"), "{said}");
    let said = message(|| _ = placed().then_failed("no"));
    assert!(said.starts_with("order has not failed: the instance is running"), "{said}");
    let said = message(|| _ = placed().then_stuck("no"));
    assert!(said.starts_with("order is not stuck: the instance is running"), "{said}");
}

#[test]
fn another_reason_is_shown() {
    let said = message(|| _ = placed().when_refused("no funds").then_failed("payment.charge: no"));
    let expected = "why it failed (- expected, + actual):
- payment.charge: no
+ payment.charge: no funds
";
    assert_eq!(said, expected);
}

#[test]
fn timers_that_are_missing_or_otherwise() {
    let said = message(|| _ = placed().then_timer("slow", HOUR * 2));
    assert!(
        said.contains("- 2000-01-01T02:00:00.000000Z\n+ 2000-01-01T01:00:00.000000Z"),
        "{said}"
    );
    let said = message(|| _ = placed().then_timer("fast", HOUR));
    assert!(said.starts_with("order has no timer \"fast\": the instance is running"), "{said}");
    let said = message(|| _ = placed().then_no_timer("slow"));
    assert_eq!(said, "order has a timer \"slow\", due at 2000-01-01T01:00:00.000000Z");
}

#[test]
fn a_mistaken_saga_is_told_so() {
    let told = |what: &'static str| {
        message(move || _ = placed().when("order-7", Said { what: what.to_owned() }))
    };
    let mistaken = "order is mistaken in what it says to order.said of stream order-7: ";
    let no_send = "`undo_with(payment.refund)` follows no `send`: for what has happened already there is \
                   `undo`";
    for what in ["undo_with first", "undo_with after complete", "undo_with in a timer"] {
        assert_eq!(told(what), format!("{mistaken}{no_send}"));
    }
    assert_eq!(told("panic"), format!("{mistaken}the saga's code panicked: no luck"));
    let said = told("unwritable");
    let start = format!("{mistaken}command stock.confuse cannot be written as JSON: ");
    assert!(said.starts_with(&start), "{said}");
    let said = told("broken state");
    let start = format!("{mistaken}the saga's state cannot be written as JSON: ");
    assert!(said.starts_with(&start), "{said}");
    for what in ["unlisted", "unlisted in a timer"] {
        assert_eq!(told(what), "order sends stock.burn, which it does not list in `sends(…)`");
    }
}

#[test]
fn a_mistake_in_an_answer_is_told() {
    let shipping = || placed().when_accepted().when_accepted().when("order-7", Packed);
    let said = message(move || _ = shipping().then_sends(ship()).when_refused("panic"));
    assert_eq!(
        said,
        "order is mistaken in what it says to that stock.ship is refused: the saga's code panicked: no luck"
    );
}

#[test]
fn a_mistaken_test_is_told_so() {
    let said = message(|| _ = placed().when("order-8", Noted));
    assert_eq!(
        said,
        "one test is about one instance: the events before concern 7, and order.noted of stream order-8 \
         concerns 8"
    );
    let said = message(|| _ = placed().when("weather-here", Rained));
    assert_eq!(
        said,
        "order does not hear weather.rained: list its enum in `starts(…)` or `from(…)`"
    );
    let said = message(|| _ = placed().when("order", Noted));
    assert!(said.starts_with("stream \"order\" is not of the form `category-id`"), "{said}");
    let said = message(|| _ = testing::saga::<Orders>().when_accepted());
    assert_eq!(said, "no command is accepted, as none is under way: the instance is new");
    let said = message(|| _ = placed().then(Reaction::default().undo_with(refund())));
    assert!(said.starts_with("what the test expects cannot be said: `undo_with("), "{said}");
    let said = message(|| _ = testing::saga::<Orders>().when_operated(Operation::Skip, "alice"));
    assert_eq!(said, "the skip by alice comes to nothing: there is no such instance");
    let said = message(|| _ = testing::saga::<Orders>().given_state(1, "{"));
    assert!(said.starts_with("the given state is no JSON: "), "{said}");
    let said = message(|| _ = placed().then_id("8"));
    assert!(said.starts_with("the instance of order (- expected, + actual):"), "{said}");
}

#[test]
fn a_state_that_cannot_be_read_is_told() {
    let said = message(|| {
        _ = testing::saga::<Orders>().given_state(3, "{}").when("order-7", Noted);
    });
    assert!(said.contains("the saga's state cannot be read: "), "{said}");
    assert!(said.contains("the state is of version 3, and saga order knows version 2"), "{said}");
    let said = message(|| _ = testing::saga::<Orders>().given_state(3, "{}").then_state(|_| ()));
    assert!(said.starts_with("the state of order cannot be read: "), "{said}");
}
