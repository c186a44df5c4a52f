//! What a person can do about an instance, in each of its states.

use factum_core::saga::{Instance, Operation, Status};

use crate::shop::{refund, release};
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
