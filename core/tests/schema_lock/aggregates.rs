//! Aggregates, whose streams have their names.

use factum_core::schema::lock::{self, Rule};
use factum_core::schema::{AggregateSchema, Description};

use crate::app::*;

fn named(names: &[&'static str]) -> Description {
    let mut app = events([event("account.deposited", [])]);
    let first = app.aggregates.remove(0);
    let named = names.iter().map(|name| AggregateSchema { name, ..first.clone() });
    Description { aggregates: named.collect(), ..app }
}

#[test]
fn one_that_is_gone_or_has_another_name_breaks() {
    assert_breaks(&named(&["book"]), &named(&["volume"]), &[Rule::RemovedAggregate]);
    assert_breaks(&named(&["book", "shelf"]), &named(&["shelf"]), &[Rule::RemovedAggregate]);
    let told = lock::check(Some(&locked(&named(&["book"]))), &named(&["volume"]), true);
    let expected = "\
events.lock:4: aggregate book: it is gone [removed-aggregate]
    its streams are named book-…, and would not be found any more: keep the name (the Rust type may have
    another); if no store has such streams, take its block out of events.lock by hand";
    let told = told.unwrap_err().to_string();
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn a_new_one_passes_in_any_order() {
    assert_passes(&named(&["book"]), &named(&["book", "shelf"]));
    assert_eq!(changes(&named(&["book"]), &named(&["shelf", "book"])), ["aggregate shelf is new"]);
    assert_eq!(locked(&named(&["book", "shelf"])), locked(&named(&["shelf", "book"])));
}

#[test]
fn its_block_can_be_taken_out_by_hand() {
    let lock = locked(&named(&["book"])).replace("aggregate book\n", "");
    assert_eq!(changes_of(&lock, &named(&["volume"])), ["aggregate volume is new"]);
}
