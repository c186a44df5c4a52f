//! Fields of an event whose version stays.

use factum_core::schema::Shape;
use factum_core::schema::lock::Rule;

use crate::app::*;

#[test]
fn a_new_name_with_the_old_one_is_one_change() {
    let period = || object([field("from", U32)]);
    let before = with_fields([field("days", period()), field("n", U64)]);
    let after = |shape| with_fields([alias(field("period", shape), "days"), field("n", U64)]);
    assert_eq!(
        changes(&before, &after(period())),
        ["event account.deposited v1: `days: object` is `period (or days): object` now"]
    );
    let inner = alias(field("start", U64), "from");
    assert_eq!(
        changes(&before, &after(object([inner]))),
        [
            "event account.deposited v1: `days: object` is `period (or days): object` now",
            "event account.deposited v1: `days.from: u32` is `period.start (or from): u64` now",
        ]
    );
}

#[test]
fn a_removed_field_breaks() {
    let before = with_fields([field("cents", U64), field("note", Shape::Text)]);
    assert_breaks(&before, &with_fields([field("cents", U64)]), &[Rule::RemovedField]);
    assert_passes(&before, &before);
}

#[test]
fn a_new_field_passes_if_it_may_be_left_out() {
    let before = with_fields([field("cents", U64)]);
    let needed = with_fields([field("cents", U64), field("note", Shape::Text)]);
    assert_breaks(&before, &needed, &[Rule::RequiredField]);
    // `null` may stand there, but it would have to.
    let null = with_fields([field("cents", U64), field("note", nullable(Shape::Text))]);
    assert_breaks(&before, &null, &[Rule::RequiredField]);
    let optional = with_fields([field("cents", U64), maybe("note", Shape::Text)]);
    assert_passes(&before, &optional);
    assert_eq!(
        changes(&before, &optional),
        ["event account.deposited v1: `note?: string | null` is new"]
    );
}

#[test]
fn a_field_that_could_be_left_out_still_may() {
    let before = with_fields([optional(field("cents", U64))]);
    let after = with_fields([field("cents", U64)]);
    assert_breaks(&before, &after, &[Rule::RequiredField]);
    assert_passes(&after, &before);
    // An `Option` that was left out or `null`, and may be `null` only.
    let before = with_fields([maybe("note", Shape::Text)]);
    let after = with_fields([field("note", nullable(Shape::Text))]);
    assert_breaks(&before, &after, &[Rule::RequiredField]);
    assert_passes(&after, &before);
}

#[test]
fn a_default_is_no_null() {
    let before = with_fields([maybe("cents", U64)]);
    let after = with_fields([optional(field("cents", U64))]);
    assert_breaks(&before, &after, &[Rule::RetypedField]);
    assert_passes(&after, &before);
}

#[test]
fn a_rename_keeps_the_old_name_as_an_alias() {
    let before = with_fields([field("amount", U64)]);
    let renamed = with_fields([field("cents", U64)]);
    assert_breaks(&before, &renamed, &[Rule::RemovedField, Rule::RequiredField]);
    assert_passes(&before, &with_fields([alias(field("cents", U64), "amount")]));
    assert_eq!(
        faults(&before, &with_fields([alias(field("cents", Shape::Text), "amount")])),
        ["7: `amount` was u64, and `cents`, as which it is read, is string [retyped-field]"]
    );
}

#[test]
fn an_alias_stays() {
    let before = with_fields([alias(field("cents", U64), "amount")]);
    assert_breaks(&before, &with_fields([field("cents", U64)]), &[Rule::ForgottenAlias]);
    // That another field takes the name does not help the one that had it.
    let taken = with_fields([field("cents", U64), optional(field("amount", U64))]);
    assert_breaks(&before, &taken, &[Rule::ForgottenAlias]);
    let more = with_fields([alias(alias(field("cents", U64), "amount"), "value")]);
    assert_passes(&before, &more);
    // Back to the old name, with the newer one as the alias.
    assert_passes(&before, &with_fields([alias(field("amount", U64), "cents")]));
}

#[test]
fn two_fields_do_not_become_one() {
    let before = with_fields([field("amount", U64), field("cents", U64)]);
    let after = with_fields([alias(field("cents", U64), "amount")]);
    assert_breaks(&before, &after, &[Rule::MergedFields]);
    let apart = with_fields([field("amount", U64), alias(field("cents", U64), "value")]);
    assert_passes(&before, &apart);
}

#[test]
fn an_object_that_begins_to_refuse_others_breaks() {
    let loose = with(object([field("cents", U64)]));
    let denied = with(strict([field("cents", U64)]));
    assert_eq!(
        faults(&loose, &denied),
        ["7: `it` ignored fields that it does not know and now refuses them [denied-fields]"]
    );
    assert_passes(&denied, &loose);
    assert_passes(&denied, &denied);
    let more = with(strict([field("cents", U64), maybe("note", Shape::Text)]));
    assert_passes(&denied, &more);
    assert_eq!(
        faults(&more, &denied),
        ["9: `it.note` was string | null and is refused [removed-field]"]
    );
    let mut whole = loose.clone();
    whole.aggregates[0].events[0].fields = strict([field("it", Shape::Text)]);
    assert!(locked(&whole).ends_with("v1\n    (value): object, no others\n    it: string\n"));
    assert_passes(&whole, &whole);
}

#[test]
fn the_order_of_fields_and_aliases_is_nothing() {
    let one = with_fields([field("a", U64), alias(alias(field("b", U64), "x"), "y")]);
    let other = with_fields([alias(alias(field("b", U64), "y"), "x"), field("a", U64)]);
    assert_eq!(locked(&one), locked(&other));
}
