//! Snapshots, which no change breaks.

use factum_core::schema::Shape;

use crate::app::*;

#[test]
fn any_change_passes_and_says_what_it_costs() {
    let before = snapshot(object([field("cents", U64), field("note", Shape::Text)]));
    let after = snapshot(object([field("cents", Shape::Text)]));
    assert_passes(&before, &after);
    assert_eq!(
        changes(&before, &after),
        [
            "snapshot account: `cents: u64` is `cents: string` now",
            "snapshot account: `note: string` is gone",
            "snapshot account: the next load of each account folds its whole stream once",
        ]
    );
}

#[test]
fn it_comes_and_goes() {
    let kept = snapshot(object([field("cents", U64)]));
    let not_kept = events([]);
    assert_passes(&kept, &not_kept);
    assert_passes(&not_kept, &kept);
    assert_eq!(changes(&kept, &not_kept), ["snapshot account is not written any more"]);
    assert_eq!(changes(&not_kept, &kept), ["snapshot account is new"]);
}
