//! What an instance makes of what it hears, of answers, and of time.

use std::time::Duration;

use factum_core::saga::{Instance, SagaEvent, Status, send};
use factum_core::testing::TIME;

use crate::shop::OrderEvent::{Cancelled, Noted, Packed, Placed};
use crate::shop::{HOUR, charge, refund, release, reserve, ship};
use crate::{Hear, placed, reserved, stuck};

fn undos(instance: &Instance) -> Vec<&str> {
    instance.undos().map(|letter| &*letter.command).collect()
}

fn cancelled() -> crate::shop::OrderEvent {
    Cancelled { reason: "changed my mind".to_owned() }
}

#[test]
fn undos_run_last_first() {
    reserved()
        .hears("undo twice")
        .then_instance(|it| {
            let all = ["stock.release", "payment.refund", "stock.release", "payment.refund"];
            assert_eq!(undos(it), all);
        })
        .when("order-7", cancelled())
        .then_failed("changed my mind")
        .then_sends(release())
        .when_accepted()
        .then_sends(refund())
        .when_accepted()
        .then_sends(release())
        .when_accepted()
        .then_status(Status::Compensating)
        .then_sends(refund())
        .when_accepted()
        .then_compensated();
}

#[test]
fn what_is_not_accepted_needs_no_undoing() {
    placed().when_refused("no funds").then_failed("payment.charge: no funds").then_compensated();
    let refused = placed().when_accepted().when_refused("sold out").then_sends(refund());
    refused.when_accepted().then_compensated();
}

#[test]
fn what_is_under_way_is_answered_before_it_is_undone() {
    placed()
        .when("order-7", cancelled())
        .then_status(Status::Compensating)
        .then_sends(charge())
        .when_accepted()
        .then_sends(refund())
        .when_accepted()
        .then_compensated();
    placed().when("order-7", cancelled()).when_refused("no funds").then_compensated();
    // By a timer as well.
    placed().when_time_passes(HOUR).then_sends(charge()).when_accepted().then_sends(refund());
}

#[test]
fn what_is_said_with_giving_up_is_not_sent() {
    reserved()
        .hears("ship and give up")
        .then(send(ship()).fail("no more"))
        .then_sends(release())
        .when_accepted()
        .then_sends(refund())
        .when_accepted()
        .then_compensated();
}

#[test]
fn complete_waits_for_what_is_sent() {
    placed()
        .hears("complete")
        .then_status(Status::Completing)
        .when_accepted()
        .then_status(Status::Completing)
        .then_sends(reserve())
        .when_accepted()
        .then_completed()
        .then_no_timer("slow")
        .then_instance(|it| assert_eq!(it.undos().count(), 0));
    let refused = placed().hears("complete").when_accepted().when_refused("sold out");
    refused.then_failed("stock.reserve: sold out").then_sends(refund());
}

#[test]
fn what_completes_hears_on_until_it_is_completed() {
    placed().hears("complete").when("order-7", cancelled()).then_failed("changed my mind");
    placed().hears("complete").when_time_passes(HOUR).then_failed("it took an hour");
}

#[test]
fn what_is_over_or_being_undone_hears_nothing() {
    let completed = reserved().when("order-7", Packed).when_accepted().then_completed();
    let undone = placed().when_refused("no funds").then_compensated();
    let undoing = placed().when_accepted().when_refused("sold out");
    for led in [completed, undone, undoing, stuck()] {
        let status = led.timeline().len();
        let led = led.notes().when("order-7", cancelled());
        let led = led.when("order-7", Placed { item: "lamp".to_owned(), cents: 5 }).then_nothing();
        assert_eq!(led.timeline().len(), status, "{led:?}");
    }
}

#[test]
fn an_event_that_means_nothing_writes_nothing() {
    let led = placed().hears("nothing");
    assert_eq!(led.timeline().len(), 1);
    let led = led.notes();
    assert_eq!(led.timeline().len(), 2);
}

#[test]
fn only_what_starts_an_instance_begins_one() {
    let led = factum_core::testing::saga::<crate::shop::Orders>().when("order-7", Noted);
    assert_eq!(led.timeline().len(), 0);
    led.when("order-7", Placed { item: "lamp".to_owned(), cents: 5 })
        .then_status(Status::Running)
        .then_state(|orders| assert_eq!(orders.notes, 0))
        .then_instance(|it| assert_eq!((it.began(), it.changed()), (TIME, TIME)));
}

#[test]
fn a_command_waits_longer_each_time_it_fails() {
    let mut led = placed().attempts(4);
    let mut at = TIME;
    for millis in [100, 200, 400] {
        led = led.at(at).when_failed("away").then_nothing().then_sends(charge());
        at = at.plus(Duration::from_millis(millis));
        led = led.then_instance(|it| {
            let errand = it.errand().unwrap();
            assert_eq!((errand.due, errand.problem.as_deref()), (at, Some("away")));
        });
    }
    led.when_failed("away").then_failed("payment.charge: away");
}

#[test]
fn a_step_that_failed_for_good_may_have_happened() {
    placed().when_failed("away").then_sends(refund()).when_accepted().then_compensated();
    // A command to an aggregate that failed was not accepted.
    placed().when_accepted().when_failed("away").then_sends(refund());
    // One that was refused did not happen.
    placed().when_refused("no funds").then_compensated();
}

#[test]
fn what_may_have_been_accepted_is_stuck() {
    let stuck = placed().when_in_doubt("cut off");
    let reason = "payment.charge failed 1 times and may have been accepted all the same: cut off";
    stuck.then_stuck(reason).then_instance(|it| {
        assert_eq!((it.errand(), it.next_timer()), (None, None), "it does nothing");
        assert_eq!(it.errands().count(), 2, "nothing is lost");
    });
}

#[test]
fn an_undo_that_fails_for_good_is_stuck() {
    let undoing = || placed().when_accepted().when_refused("sold out").then_sends(refund());
    undoing().when_failed("away").then_stuck("payment.refund, which undoes, away");
    undoing().when_refused("closed").then_stuck("payment.refund, which undoes, closed");
    let tried = undoing().attempts(2).when_failed("away").then_status(Status::Compensating);
    tried.when_accepted().then_compensated();
}

#[test]
fn a_timer_that_is_set_again_takes_the_place_of_the_old_one() {
    let again = reserved().hears("again").then_timer("slow", HOUR * 2);
    again
        .when_time_passes(HOUR)
        .then_nothing()
        .then_status(Status::Running)
        .when_time_passes(HOUR)
        .then_failed("it took two hours");
}

#[test]
fn a_timer_may_set_another() {
    let nested = reserved().when("order-7", Packed).when_refused("later").hears("nested");
    nested
        .then_timer("first", HOUR)
        .then_no_timer("second")
        .when_time_passes(HOUR)
        .then_timer("second", HOUR)
        .then_sends(ship())
        .when_accepted()
        .then_sends(charge())
        .when_time_passes(HOUR)
        .then(send(ship()))
        .when_accepted()
        .then_sends(ship())
        .when_accepted()
        .then_completed();
}

#[test]
fn a_saga_takes_the_answers_that_it_lists() {
    let shipping = || reserved().when("order-7", Packed);
    shipping().when_refused("later").then(send(ship())).then_sends(ship());
    shipping().when_refused("no van").then_failed("it cannot be shipped");
    let accepted = shipping().when_accepted().then_completed();
    let Some(SagaEvent::Answered(answered)) = accepted.timeline().last().map(|last| &last.event)
    else {
        panic!("{:?}", accepted.timeline())
    };
    assert!(answered.keep_undo && answered.answer.problem().is_none());
    // What is being undone has no say.
    let cancelled = reserved().when("order-7", Packed).when("order-7", cancelled());
    cancelled.when_refused("later").then_sends(release());
}
