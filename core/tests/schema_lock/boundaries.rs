//! The boundaries of aggregates.

use factum_core::schema::lock::{self, Rule};
use factum_core::schema::{AggregateSchema, Description};

use crate::app::*;

fn over(boundary: &[&'static str]) -> Description {
    let mut app = events([event("course.subscribed", [])]);
    let aggregate = app.aggregates.remove(0);
    let aggregate = AggregateSchema { boundary: boundary.to_vec(), ..aggregate };
    Description { aggregates: vec![aggregate], ..app }
}

fn told(before: &Description, after: &Description) -> String {
    lock::check(Some(&locked(before)), after, true).unwrap_err().to_string()
}

#[test]
fn it_stands_on_the_first_line_in_its_order() {
    let app = over(&["student", "course"]);
    assert!(locked(&app).contains("aggregate account boundary student, course\n"));
    assert_passes(&app, &app);
    assert_passes(&over(&[]), &over(&[]));
    let odd = over(&["a, b", "größe"]);
    assert_passes(&odd, &odd);
}

#[test]
fn other_tags_break() {
    let both = over(&["course", "student"]);
    for after in
        [over(&["course"]), over(&["course", "student", "term"]), over(&["course", "term"])]
    {
        assert_breaks(&both, &after, &[Rule::ChangedBoundary]);
    }
    let expected = "\
events.lock:4: aggregate account: it was the boundary course, student, and is course now [changed-boundary]
    its states would be the fold of other events than those that it has decided on, and its streams would
    have other names: keep `boundary(course, student)`, or give the aggregate with the other boundary a \
name of its own;
    if it is sure that all that it has to see carries the tags of today, and that nothing asks for its streams
    by name, write the boundary into the block's first line in events.lock, by hand";
    let told = told(&both, &over(&["course"]));
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn another_order_breaks() {
    let (before, after) = (over(&["course", "student"]), over(&["student", "course"]));
    assert_breaks(&before, &after, &[Rule::ChangedBoundary]);
    let told = told(&before, &after);
    let expected = "\
    its streams are named account-… after the tags in their order, and each would go on under another name:
    keep `boundary(course, student)`";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_stream_that_becomes_a_boundary_breaks_and_so_does_the_way_back() {
    assert_breaks(&over(&[]), &over(&["course"]), &[Rule::ChangedBoundary]);
    assert_breaks(&over(&["course"]), &over(&[]), &[Rule::ChangedBoundary]);
    let told = told(&over(&[]), &over(&["course"]));
    assert!(told.contains("it was one stream, and is the boundary course now"), "{told}");
    assert!(told.contains("keep it without `boundary(…)`, or give"), "{told}");
}

#[test]
fn what_is_written_by_hand_passes() {
    let by_hand =
        locked(&over(&[])).replace("aggregate account", "aggregate account boundary course");
    assert!(changes_of(&by_hand, &over(&["course"])).is_empty());
    let damaged = lock::compare(&by_hand.replace(" course", ""), &over(&[])).unwrap_err();
    assert!(matches!(damaged.damage, lock::Damage::Head(_)) && damaged.line == 4, "{damaged}");
}
