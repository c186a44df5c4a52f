//! Versions of a form, and what leads on from them.

use factum_core::event::Newer;
use factum_core::schema::lock::{self, Rule};
use factum_core::schema::{EventSchema, Shape};

use crate::app::*;

fn v1() -> EventSchema {
    event("account.deposited", [field("cents", U32), field("note", Shape::Text)])
}

/// Version 2, with another field than version 1.
fn v2(taken: Option<Shape>) -> EventSchema {
    raised(event("account.deposited", [field("amount", U64)]), taken)
}

#[test]
fn a_raised_version_leads_on_from_the_one_before() {
    let (before, after) = (events([v1()]), events([v2(None)]));
    assert_passes(&before, &after);
    let text = update(&locked(&before), &after);
    assert!(text.ends_with(
        "event account.deposited v1\n    cents: u32\n    note: string\n\n\
         event account.deposited v2\n    amount: u64\n"
    ));
    assert_eq!(changes(&before, &after), ["event account.deposited v2 is new"]);
}

#[test]
fn what_becomes_of_newer_forms_stands_at_the_event() {
    let skips = || was(EventSchema { newer: Newer::Skip, ..v1() }, "account.paid_in");
    let fails = || was(v1(), "account.paid_in");
    let lock = locked(&events([skips()]));
    assert!(
        lock.contains("event account.deposited v1 was account.paid_in skips newer\n"),
        "{lock}"
    );
    assert_passes(&events([skips()]), &events([fails()]));
    assert_passes(&events([fails()]), &events([skips()]));
    assert_eq!(
        changes(&events([fails()]), &events([skips()])),
        ["event account.deposited v1 lets newer forms be left out"]
    );
    assert_eq!(
        changes(&events([skips()]), &events([fails()])),
        ["event account.deposited v1 lets newer forms be left out no more"]
    );
    // It is said of the event, not of a version.
    let after = update(&lock, &events([raised(skips(), None)]));
    assert_eq!(after.matches("skips newer").count(), 1);
}

#[test]
fn an_upcaster_takes_what_is_locked() {
    let before = events([v1()]);
    let after = |fields: Vec<_>| events([v2(Some(object(fields)))]);
    assert_passes(&before, &after(vec![field("cents", U32), field("note", Shape::Text)]));
    // It may leave out what it does not need, and take more than was ever there.
    assert_passes(&before, &after(vec![field("cents", U64), maybe("by", Shape::Text)]));
    let wrong = vec![field("cents", Shape::Text), field("by", Shape::Text)];
    assert_breaks(&before, &after(wrong), &[Rule::UpcasterMismatch, Rule::UpcasterMismatch]);
    assert_eq!(
        faults(&before, &after(vec![field("cents", Shape::Text)])),
        ["7: in what its upcaster takes, `cents` was u32 and is string [upcaster-mismatch]"]
    );
}

#[test]
fn an_upcaster_that_refuses_fields_takes_all_that_is_locked() {
    let before = events([v1()]);
    let after = |shape| events([v2(Some(shape))]);
    assert_passes(&before, &after(strict([field("cents", U32), field("note", Shape::Text)])));
    assert_eq!(
        faults(&before, &after(strict([field("cents", U32)]))),
        ["8: in what its upcaster takes, `note` was string and is refused [upcaster-mismatch]"]
    );
}

#[test]
fn an_upcaster_takes_all_items_of_a_tuple() {
    let pair = |items: Vec<_>| object([field("pair", Shape::Tuple(items))]);
    let mut one = event("account.deposited", []);
    one.fields = pair(vec![U32, U32]);
    let after = |taken| events([raised(event("account.deposited", []), Some(taken))]);
    let before = events([one]);
    assert_passes(&before, &after(pair(vec![U32, U32])));
    assert_breaks(&before, &after(pair(vec![U32])), &[Rule::UpcasterMismatch]);
}

#[test]
fn an_upcaster_may_take_json() {
    let before = events([v1()]);
    let taken = object([field("cents", Shape::Any), field("note", nullable(Shape::Any))]);
    assert_passes(&before, &events([v2(Some(taken))]));
    assert_passes(&before, &events([v2(Some(Shape::Any))]));
}

#[test]
fn a_version_without_an_upcaster_breaks() {
    let before = events([v1()]);
    let mut after = v2(None);
    after.past.clear();
    assert_breaks(&before, &events([after]), &[Rule::MissingUpcaster]);
    // Version 2 was never written, so nothing need lead on from it.
    let mut third = raised(v2(None), None);
    third.past.truncate(1);
    assert_passes(&before, &events([third]));
}

#[test]
fn a_lowered_version_breaks() {
    let lock = update(&locked(&events([v1()])), &events([v2(None)]));
    assert_eq!(rules_of(&lock, &events([v1()])), [Rule::LoweredVersion]);
    let mut blocks: Vec<_> = lock.trim_end().split("\n\n").collect();
    blocks.reverse();
    assert_eq!(rules_of(&blocks.join("\n\n"), &events([v1()])), [Rule::LoweredVersion]);
    assert!(rules_of(&lock, &events([raised(v2(None), None)])).is_empty());
}

#[test]
fn nothing_comes_after_the_last_version() {
    let last = EventSchema { version: u32::MAX, ..v1() };
    let lock = locked(&events([last.clone()]));
    let told = |app| lock::check(Some(&lock), &app, true).unwrap_err().to_string();
    for app in [events([v1()]), events([EventSchema { fields: object([]), ..last }])] {
        let told = told(app);
        assert!(told.contains("a name of its own") && !told.contains("raise"), "{told}");
    }
}

#[test]
fn every_version_keeps_the_form_that_it_had() {
    let mut third = raised(raised(event("account.deposited", [field("euros", U64)]), None), None);
    let lock = update(&locked(&events([v1()])), &events([v2(None)]));
    let lock = update(&lock, &events([third.clone()]));
    assert!(lock.ends_with(
        "event account.deposited v1\n    cents: u32\n    note: string\n\n\
         event account.deposited v2\n    amount: u64\n\n\
         event account.deposited v3\n    euros: u64\n"
    ));
    third.past[1].fields = Some(object([field("amount", U32)]));
    assert_eq!(rules_of(&lock, &events([third])), [Rule::UpcasterMismatch]);
}

#[test]
fn old_names_stand_at_the_newest_version() {
    let before = locked(&events([was(v1(), "account.paid_in")]));
    let app = events([was(v2(None), "account.paid_in")]);
    let lock = update(&before, &app);
    assert!(lock.contains("event account.deposited v1\n"));
    assert!(lock.contains("event account.deposited v2 was account.paid_in\n"));
    assert!(changes_of(&lock, &app).is_empty());
}

#[test]
fn a_new_file_takes_past_forms_from_the_upcasters() {
    let known = object([field("cents", U32)]);
    let app = events([raised(v2(None), Some(known))]);
    let lock = locked(&app);
    assert!(lock.ends_with(
        "event account.deposited v1\n    (value): any\n\n\
         event account.deposited v2\n    cents: u32\n\n\
         event account.deposited v3\n    amount: u64\n"
    ));
    // What is not known of version 1 is not held against an upcaster that comes to say it.
    let mut typed = app.aggregates[0].events[0].clone();
    typed.past[0].fields = Some(object([field("cents", Shape::Text)]));
    assert!(rules_of(&lock, &events([typed])).is_empty());
}
