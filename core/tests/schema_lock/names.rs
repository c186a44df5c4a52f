//! The names that an event had before.

use factum_core::schema::Description;
use factum_core::schema::lock::{self, Rule};

use crate::app::*;

fn deposited() -> factum_core::schema::EventSchema {
    event("account.deposited", [field("cents", U64)])
}

fn renamed() -> Description {
    events([was(deposited(), "account.paid_in")])
}

#[test]
fn a_forgotten_name_breaks() {
    assert_breaks(&renamed(), &events([deposited()]), &[Rule::ForgottenName]);
    assert_passes(&renamed(), &renamed());
    let more = events([was(was(deposited(), "account.paid_in"), "account.put")]);
    assert_passes(&renamed(), &more);
    assert_eq!(
        changes(&renamed(), &more),
        ["event account.deposited v1 is read under the name account.put too"]
    );
}

#[test]
fn the_order_of_names_is_nothing() {
    let one = events([was(was(deposited(), "account.paid_in"), "account.put")]);
    let other = events([was(was(deposited(), "account.put"), "account.paid_in")]);
    assert_eq!(locked(&one), locked(&other));
}

#[test]
fn a_reused_name_breaks() {
    let own = events([deposited(), event("account.paid_in", [])]);
    assert_breaks(&renamed(), &own, &[Rule::ReusedName]);
    let others = events([deposited(), was(event("account.received", []), "account.paid_in")]);
    assert_breaks(&renamed(), &others, &[Rule::ReusedName]);
    let fresh = events([was(deposited(), "account.paid_in"), event("account.received", [])]);
    assert_passes(&renamed(), &fresh);
}

#[test]
fn a_name_goes_with_its_event() {
    let received = event("account.received", [field("cents", U64)]);
    let on = was(was(received.clone(), "account.deposited"), "account.paid_in");
    assert_passes(&renamed(), &events([on]));
    let forgetful = was(received, "account.deposited");
    assert_breaks(&renamed(), &events([forgetful]), &[Rule::ForgottenName]);
}

#[test]
fn a_rename_can_be_taken_back() {
    let back = was(event("account.paid_in", [field("cents", U64)]), "account.deposited");
    assert_passes(&renamed(), &events([back]));
    let half = event("account.paid_in", [field("cents", U64)]);
    assert_breaks(&renamed(), &events([half]), &[Rule::ReusedName, Rule::RemovedEvent]);
}

#[test]
fn the_name_between_is_the_one_that_is_missing() {
    let only_the_first = was(event("account.received", [field("cents", U64)]), "account.paid_in");
    assert_eq!(
        faults(&renamed(), &events([only_the_first.clone()])),
        ["6: it is named account.received now, and this name is no longer read [forgotten-name]"]
    );
    let failure = lock::check(Some(&locked(&renamed())), &events([only_the_first.clone()]), true);
    let told = failure.unwrap_err().to_string();
    assert!(told.contains("write `was = \"account.deposited\"` on"), "{told}");
    // One that was there beside it did not take its place.
    let other = event("account.received", [field("cents", U64)]);
    let before = events([was(deposited(), "account.paid_in"), other]);
    assert_breaks(&before, &events([only_the_first]), &[Rule::ReusedName, Rule::RemovedEvent]);
}

#[test]
fn versions_of_the_old_name_stay_under_it() {
    let first = locked(&events([event("account.paid_in", [field("cents", U32)])]));
    let app = events([was(raised(deposited(), None), "account.paid_in")]);
    let second = update(&first, &app);
    let blocks = second.split_once("aggregate account\n\n").unwrap().1;
    assert_eq!(
        blocks,
        "event account.deposited v2 was account.paid_in\n    cents: u64\n\n\
         event account.paid_in v1\n    cents: u32\n"
    );
    assert!(changes_of(&second, &app).is_empty());
    // What is locked under the old name still counts.
    let wrong = object([field("cents", nullable(U64)), field("note", U64)]);
    let mismatch = events([was(raised(deposited(), Some(wrong)), "account.paid_in")]);
    assert_eq!(rules_of(&second, &mismatch), [Rule::UpcasterMismatch]);
    let forgotten = events([raised(deposited(), None)]);
    assert_eq!(rules_of(&second, &forgotten), [Rule::ForgottenName]);
    assert_eq!(rules_of(&second, &events([])), [Rule::RemovedEvent]);
    // One cause: what cannot be read by its name is not compared.
    let both = events([raised(deposited(), Some(object([field("note", U64)])))]);
    assert_eq!(rules_of(&second, &both), [Rule::ForgottenName]);
}

#[test]
fn a_rename_is_one_change() {
    let before = events([event("account.paid_in", [field("cents", U32)])]);
    assert_eq!(
        changes(&before, &renamed()),
        [
            "event account.paid_in v1 is account.deposited now",
            "event account.paid_in v1: `cents: u32` is `cents: u64` now",
        ]
    );
    let raised = events([was(raised(deposited(), None), "account.paid_in")]);
    assert_eq!(changes(&before, &raised), ["event account.deposited v2 is new"]);
    // Of two that become one, one is renamed.
    let two = events([event("account.paid_in", []), event("account.put", [])]);
    let one = event("account.deposited", []);
    let one = events([was(was(one, "account.paid_in"), "account.put")]);
    let told = [
        "event account.paid_in v1 is account.deposited now",
        "event account.paid_in v1 is read under the name account.put too",
        "event account.put v1 is not written any more",
    ];
    assert_eq!(changes(&two, &one), told);
}

#[test]
fn two_events_can_become_one_that_reads_both() {
    let before = |cents| events([deposited(), event("account.paid_in", [field("cents", cents)])]);
    assert_passes(&before(U32), &renamed());
    assert_breaks(&before(nullable(U64)), &renamed(), &[Rule::RetypedField]);
}
