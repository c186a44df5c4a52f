//! Events that come and go.

use factum_core::schema::lock::Rule;
use factum_core::schema::{
    AggregateSchema, Description, Docs, ProjectionSchema, SampleReader, Shape,
};

use crate::app::*;

#[test]
fn a_removed_event_breaks() {
    let both = events([event("account.closed", []), event("account.deposited", [])]);
    let one = events([event("account.deposited", [])]);
    assert_breaks(&both, &one, &[Rule::RemovedEvent]);
    assert_passes(&one, &both);
    assert_eq!(changes(&one, &both), ["event account.closed v1 is new"]);
}

/// Somebody else may write them: what is stored is read all the same.
#[test]
fn what_only_a_projection_reads_is_guarded_too() {
    let read = |shape| {
        let view = ProjectionSchema {
            name: "balances",
            version: 1,
            docs: Docs::NONE,
            follows: vec![event("account.deposited", [field("cents", shape)])],
            columns: &[],
            row: Shape::Any,
            read: SampleReader::ANYTHING,
        };
        Description { projections: vec![view], ..Description::default() }
    };
    assert_passes(&read(U32), &read(U64));
    assert_breaks(&read(U64), &read(U32), &[Rule::RetypedField]);
}

#[test]
fn a_removed_event_with_a_history_is_told_of_once() {
    let deposited = || event("account.deposited", [field("cents", U64)]);
    let first = locked(&events([deposited()]));
    let second = update(&first, &events([raised(deposited(), None)]));
    assert_eq!(rules_of(&second, &events([])), [Rule::RemovedEvent]);
}

#[test]
fn an_event_that_took_the_place_says_so() {
    let before = events([event("account.paid_in", [field("cents", U64)])]);
    let other = event("account.deposited", [field("cents", U64)]);
    assert_breaks(&before, &events([other.clone()]), &[Rule::RemovedEvent]);
    assert_passes(&before, &events([was(other, "account.paid_in")]));
    let narrower = was(event("account.deposited", [field("cents", U32)]), "account.paid_in");
    assert_breaks(&before, &events([narrower]), &[Rule::RetypedField]);
}

#[test]
fn a_block_that_was_taken_out_by_hand_is_forgotten() {
    let both = events([event("account.closed", []), event("account.deposited", [])]);
    let lock = locked(&both).replace("event account.closed v1\n", "");
    assert!(changes_of(&lock, &events([event("account.deposited", [])])).is_empty());
}

#[test]
fn an_event_of_several_aggregates_is_there_once() {
    let one = events([event("account.deposited", [])]);
    let again: Vec<AggregateSchema> = one.aggregates.iter().cloned().cycle().take(2).collect();
    let twice = Description { aggregates: again, ..Description::default() };
    assert_eq!(locked(&one), locked(&twice));
}
