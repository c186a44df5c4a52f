//! The rows of projections, which are built anew with another version.

use factum_core::schema::lock::{self, Rule};
use factum_core::schema::{Field, Shape};

use crate::app::*;

fn row(fields: impl IntoIterator<Item = Field>) -> Shape {
    object(fields)
}

#[test]
fn at_one_version_stored_rows_are_read() {
    let before = view(1, row([field("cents", U32)]));
    assert_passes(&before, &view(1, row([field("cents", U64), maybe("owner", Shape::Text)])));
    assert_breaks(&before, &view(1, row([field("cents", Shape::Text)])), &[Rule::ChangedRow]);
    assert_breaks(&before, &view(1, row([])), &[Rule::ChangedRow]);
    let needed = row([field("cents", U32), field("owner", Shape::Text)]);
    assert_breaks(&before, &view(1, needed), &[Rule::ChangedRow]);
}

#[test]
fn another_version_takes_the_place_of_the_block() {
    let (first, second) = (view(1, row([field("cents", U32)])), view(2, row([])));
    assert_passes(&first, &second);
    let told = ["view balances v1 is not written any more", "view balances v2 is new"];
    assert_eq!(changes(&first, &second), told);
    assert!(!update(&locked(&first), &second).contains("view balances v1"));
    assert_passes(&second, &first);
}

#[test]
fn a_view_comes_and_goes() {
    let (with, without) = (view(1, row([])), events([]));
    assert_passes(&with, &without);
    assert_eq!(changes(&without, &with), ["view balances v1 is new"]);
}

#[test]
fn the_report_says_which_version_is_next() {
    let told = |version| {
        let lock = locked(&view(version, row([field("cents", U32)])));
        lock::check(Some(&lock), &view(version, row([])), true).unwrap_err().to_string()
    };
    let expected = r#"
events.lock:7: view balances v1: `cents` was u32 and is gone [changed-row]
    stored rows have the old form: raise the version, and the rows are built anew from the log:

        #[projection(name = "balances", version = 2, ..)]"#;
    assert!(told(1).ends_with(expected), "{}", told(1));
    assert!(told(u32::MAX).contains("a name of its own"));
}
