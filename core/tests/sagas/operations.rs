//! What a person can do about an instance, in each of its states.

use factum_core::saga::{Instance, Operation, SagaEvent, Status};
use factum_core::testing::TIME;

use crate::shop::{HOUR, charge, refund, release, reserve};
use crate::{placed, stuck};

fn tried(instance: &Instance) -> Vec<(u32, u32)> {
    instance.errands().map(|errand| (errand.number, errand.tried)).collect()
}

#[test]
fn what_it_is_stuck_at_is_tried_again() {
    let again = stuck().when_operated(Operation::Retry, "alice").then_sends(release());
    again.when_accepted().then_sends(refund()).when_accepted().then_compensated();
}

#[test]
fn each_try_that_got_stuck_counts() {
    let mut stuck = stuck();
    for before in 1..4 {
        stuck = stuck
            .then_stuck("stock.release, which undoes, too late")
            .then_instance(|it| assert_eq!(tried(it), [(5, before)]))
            .when_operated(Operation::Retry, "alice")
            .then_instance(|it| assert_eq!(tried(it), [(5, before)]))
            .when_refused("too late");
    }
}

#[test]
fn a_try_that_is_in_doubt_counts_once_more_than_those_before() {
    placed()
        .attempts(3)
        .when_in_doubt("cut off")
        .when_in_doubt("cut off")
        .then_status(Status::Running)
        .when_in_doubt("cut off")
        .then_status(Status::Stuck)
        .then_instance(|it| assert_eq!(tried(it), [(1, 3), (2, 0)]));
}

#[test]
fn giving_up_tries_what_is_in_doubt_as_often_as_at_first() {
    let charged = placed().when_accepted().attempts(2);
    let stuck =
        charged.when_in_doubt("cut off").when_in_doubt("cut off").then_status(Status::Stuck);
    stuck
        .when_operated(Operation::Compensate, "alice")
        .then_failed("a person gave it up")
        .then_sends(reserve())
        .when_in_doubt("cut off")
        .then_status(Status::Compensating)
        .when_accepted()
        .then_sends(release())
        .when_accepted()
        .then_sends(refund())
        .when_accepted()
        .then_compensated();
}

#[test]
fn giving_up_drops_what_is_not_sent_and_all_timers() {
    placed()
        .when_operated(Operation::Compensate, "alice")
        .then_sends(charge())
        .then_no_timer("slow")
        .when_accepted()
        .then_sends(refund())
        .when_accepted()
        .then_compensated();
}

#[test]
fn a_command_that_is_skipped_needs_no_undoing() {
    placed()
        .when_accepted()
        .when_in_doubt("cut off")
        .when_operated(Operation::Skip, "alice")
        .then_status(Status::Running)
        .when_operated(Operation::Compensate, "alice")
        .then_sends(refund());
    let skipped = stuck().when_operated(Operation::Skip, "alice").then_sends(refund());
    skipped.when_accepted().then_compensated();
}

#[test]
fn what_waits_to_be_tried_again_can_be_tried_now_or_skipped() {
    let waiting = || {
        let waiting = placed().attempts(3).when_failed("away").when_failed("away");
        waiting.then_instance(|it| assert!(it.errand().unwrap().due > TIME))
    };
    waiting()
        .when_operated(Operation::Retry, "alice")
        .then_instance(|it| assert_eq!(it.errand().unwrap().due, TIME))
        .when_failed("away")
        .then_status(Status::Running)
        .then_instance(|it| assert_eq!(tried(it), [(1, 3), (2, 0)]));
    waiting().when_operated(Operation::Skip, "alice").then_sends(reserve());
}

#[test]
fn who_did_what_is_written_down() {
    let led = stuck().at(TIME.plus(HOUR)).when_operated(Operation::Retry, "alice");
    let Some(SagaEvent::Operated(operated)) = led.timeline().last().map(|last| &last.event) else {
        panic!("{:?}", led.timeline())
    };
    assert_eq!((operated.operation, &*operated.by), (Operation::Retry, "alice"));
    assert_eq!(operated.time, TIME.plus(HOUR));
}
