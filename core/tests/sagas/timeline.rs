//! What people see of an instance's way.

use factum_core::saga::{Operation, picture};
use factum_core::testing::Led;

use crate::shop::OrderEvent::{Cancelled, Packed};
use crate::shop::{HOUR, Orders};
use crate::{Hear, placed, reserved, stuck};

fn lines(led: &Led<Orders>) -> Vec<String> {
    led.timeline().iter().map(|stored| stored.event.to_string()).collect()
}

/// One that was tried again and again, got stuck while it was undone, and ended all the same.
fn undone() -> Led<Orders> {
    placed()
        .attempts(2)
        .when_failed("the provider\nis away")
        .when_accepted()
        .when_accepted()
        .when("order-7", Packed)
        .when_refused("later")
        .when_refused("no van")
        .when_refused("too; late #1")
        .when_operated(Operation::Retry, "alice")
        .when_accepted()
        .when_accepted()
        .then_compensated()
}

#[test]
fn each_event_is_one_line() {
    let expected = [
        "heard order.placed of order-7 (@1): sends payment.charge, undone by payment.refund; sends \
         stock.reserve, undone by stock.release; sets timer slow (in 1h: fails: it took an hour)",
        "command 1 failed: the provider is away; tried again at 2000-01-01T00:00:00.100000Z",
        "command 1 accepted",
        "command 2 accepted",
        "heard order.packed of order-7 (@2): calls timer slow off; sends stock.ship; completes",
        "command 4 refused: later; sends stock.ship",
        "command 5 refused: no van; fails: it cannot be shipped",
        "stuck: stock.release, which undoes, too; late #1",
        "retry by alice",
        "command 6 accepted",
        "command 7 accepted",
    ];
    assert_eq!(lines(&undone()), expected);
}

#[test]
fn other_lines() {
    let last = |led: &Led<Orders>| lines(led).pop().unwrap();
    assert_eq!(last(&placed().when_refused("no funds")), "command 1 refused: no funds; fails");
    let late = placed().when_accepted().when_accepted().when_time_passes(HOUR);
    assert_eq!(last(&late), "timer slow was due: fails: it took an hour");
    assert_eq!(
        last(&placed().hears("undo twice")),
        "heard order.said of order-7 (@2): could undo by payment.refund; could undo by stock.release"
    );
    assert_eq!(last(&placed().notes()), "heard order.noted of order-7 (@2)");
    let failed = placed().when_failed("away");
    assert_eq!(last(&failed), "command 1 failed: away; fails");
    assert_eq!(
        last(&placed().hears("nested")),
        "heard order.said of order-7 (@2): sets timer first (in 1h: sends payment.charge; sets timer \
         second (in 1h: sends stock.ship))"
    );
}

#[test]
fn the_way_of_an_instance_is_a_picture() {
    assert_eq!(picture(undone().timeline()), include_str!("golden/undone.mmd"));
    let completed = reserved().when("order-7", Packed).when_accepted().then_completed();
    assert_eq!(picture(completed.timeline()), include_str!("golden/completed.mmd"));
    let reason = "the customer; changed #1 <mind>".to_owned();
    let cancelled = placed().when("order-7", Cancelled { reason });
    assert_eq!(picture(cancelled.timeline()), include_str!("golden/cancelled.mmd"));
    let late = reserved().when_time_passes(HOUR);
    assert_eq!(picture(late.timeline()), include_str!("golden/late.mmd"));
    assert_eq!(
        picture(stuck().timeline()).lines().last(),
        Some("    Note over s: stuck: stock.release, which undoes, too late")
    );
    assert_eq!(picture(&[]), "sequenceDiagram\n    participant s as saga\n");
}
