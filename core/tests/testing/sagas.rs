use std::time::Duration;

use factum_core::saga::{Operation, SagaEvent, Status, after, cancel, fail, send};
use factum_core::testing::{self, Led, TIME, command_id};

use crate::shop::OrderEvent::*;
use crate::shop::{HOUR, Orders, charge, refund, release, reserve, ship};

/// An order that was placed.
fn placed() -> Led<Orders> {
    testing::saga::<Orders>().when("order-7", Placed { item: "lamp".to_owned(), cents: 5 })
}

#[test]
fn a_flow_that_goes_well() {
    placed()
        .then_id("7")
        .then(send(charge()).undo_with(refund()).send(reserve()).undo_with(release()).after(
            HOUR,
            "slow",
            fail("it took an hour"),
        ))
        .then_sends(charge())
        .then_undoes_with(refund())
        .when_accepted()
        .then_nothing()
        .then_sends(reserve())
        .then_undoes_with(release())
        .when_accepted()
        .then_undoes_with(release())
        .then_timer("slow", HOUR)
        .when("order-7", Packed)
        .then(cancel("slow").send(ship()).complete())
        .then_no_timer("slow")
        .then_status(Status::Completing)
        .then_sends(ship())
        .when_accepted()
        .then_completed();
}

#[test]
fn what_was_done_is_undone() {
    placed()
        .when_accepted()
        .when_accepted()
        .when("order-7", Packed)
        .when_refused("no van")
        .then(fail("it cannot be shipped"))
        .then_failed("it cannot be shipped")
        .then_sends(release())
        .when_accepted()
        .then_sends(refund())
        .when_refused("the account is closed")
        .then_stuck("payment.refund, which undoes, the account is closed")
        .when_operated(Operation::Retry, "alice")
        .then_sends(refund())
        .when_accepted()
        .then_compensated()
        .then_failed("it cannot be shipped");
}

#[test]
fn timers_fire_when_time_passes() {
    placed()
        .when_accepted()
        .when_accepted()
        .when_time_passes(HOUR - Duration::from_micros(1))
        .then_nothing()
        .then_status(Status::Running)
        .then_timer("slow", Duration::from_micros(1))
        .when_time_passes(Duration::from_micros(1))
        .then(fail("it took an hour"))
        .then_failed("it took an hour")
        .then_sends(release());
}

#[test]
fn timers_fire_each_at_its_time() {
    let said = placed().when("order-7", Said { what: "nested".to_owned() });
    said.when_time_passes(HOUR * 3)
        .then(fail("it took an hour"))
        .then_instance(|instance| assert_eq!(instance.changed(), TIME.plus(HOUR)));
    let led = testing::saga::<Orders>()
        .given("order-7", [Placed { item: "lamp".to_owned(), cents: 5 }])
        .when("order-7", Said { what: "again".to_owned() })
        .then(after(HOUR * 2, "slow", fail("it took two hours")));
    led.when_time_passes(HOUR * 2 - Duration::from_micros(1))
        .then_nothing()
        .at(TIME)
        .when_time_passes(HOUR * 2)
        .then_failed("it took two hours");
}

#[test]
fn what_was_heard_before_is_not_compared() {
    testing::saga::<Orders>()
        .given("order-7", [Placed { item: "lamp".to_owned(), cents: 5 }, Noted, Noted])
        .then_nothing()
        .then_state(|orders| assert_eq!(orders.notes, 2))
        .then_sends(charge())
        .when("order-7", Noted)
        .then_nothing()
        .then_state(|orders| assert_eq!(orders.notes, 3));
}

#[test]
fn events_that_concern_nobody_come_to_nothing() {
    testing::saga::<Orders>()
        .when("order-7", Noted)
        .then_nothing()
        .then_status(Status::New)
        .when("order-nobody", Noted)
        .then_nothing()
        .then_state(|orders| assert_eq!(orders.notes, 0));
}

#[test]
fn commands_are_tried_as_often_as_the_test_says() {
    placed()
        .attempts(2)
        .when_failed("away")
        .then_nothing()
        .then_sends(charge())
        .when_failed("away")
        .then(fail("payment.charge: away"))
        // It may have been done.
        .then_sends(refund());
    placed().when_accepted().when_in_doubt("cut off").then_stuck(
        "stock.reserve failed 1 times and may have been accepted all the same: cut off",
    );
}

#[test]
fn an_instance_of_older_code_goes_on() {
    testing::saga::<Orders>()
        .given_state(1, r#"{"seen":4}"#)
        .then_state(|orders| assert_eq!(orders.notes, 4))
        .when("order-7", Noted)
        .then_state(|orders| assert_eq!(orders.notes, 5));
}

#[test]
fn the_timeline_is_what_a_store_would_have() {
    let led = placed().at(TIME.plus(HOUR)).correlation(command_id(9).uuid()).when_accepted();
    let [placed, charged] = led.timeline() else { panic!("{:?}", led.timeline()) };
    assert!(matches!(&placed.event, SagaEvent::Reacted(_)), "{placed:?}");
    assert!(matches!(&charged.event, SagaEvent::Answered(_)), "{charged:?}");
    assert_eq!((&*placed.at.stream, placed.at.revision), ("saga.order-7", 0));
    assert_eq!((charged.at.time(), charged.at.revision), (TIME.plus(HOUR), 1));
}
