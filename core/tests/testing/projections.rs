use factum_core::Timestamp;
use factum_core::testing::{TIME, projected};

use crate::purse::Content;
use crate::purse::PurseEvent::*;

fn content(purse: &str, cents: u64) -> Content {
    Content { purse: purse.to_owned(), cents, changed: TIME, note: String::new() }
}

#[test]
fn events_become_rows() {
    projected::<Content>()
        .given("purse-mine", [Filled { cents: 9 }])
        .given("purse-yours", [Filled { cents: 2 }])
        .given("purse-mine", [Emptied { cents: 4, by: None, at: TIME }])
        .then_row("mine", content("mine", 5))
        .then_row("yours", content("yours", 2))
        .then_row_with("yours", |row| assert_eq!(row.cents, 2))
        .then_no_row("hers");
}

#[test]
fn the_test_sets_the_time() {
    let later = Timestamp::from_micros(7);
    projected::<Content>()
        .at(later)
        .given("purse-mine", [Filled { cents: 9 }])
        .then_row("mine", Content { changed: later, ..content("mine", 9) });
}

#[test]
fn a_row_that_is_gone_is_begun_anew_by_the_next_event() {
    let gone = projected::<Content>().given("purse-mine", [Filled { cents: 99 }]);
    gone.then_no_row("mine")
        .given("purse-mine", [Filled { cents: 9 }])
        .then_row("mine", content("mine", 9));
}
