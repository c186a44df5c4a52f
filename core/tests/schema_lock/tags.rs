//! The tags of events.

use factum_core::schema::lock::{self, Rule};
use factum_core::schema::{Description, EventSchema, Field, Shape, TagSchema};

use crate::app::*;

fn tagged<const N: usize>(
    event: EventSchema,
    tags: [(&'static str, &'static str); N],
) -> EventSchema {
    let tags = tags.map(|(name, field)| TagSchema { name, field });
    EventSchema { tags: tags.into(), ..event }
}

fn subscribed() -> EventSchema {
    event("course.subscribed", ["course", "pupil"].map(|name| field(name, Shape::Text)))
}

fn with_tags<const N: usize>(tags: [(&'static str, &'static str); N]) -> Description {
    events([tagged(subscribed(), tags)])
}

/// The field `pupil` has this one's name now.
fn with_field(pupil: Field, tag: (&'static str, &'static str)) -> Description {
    let event = event("course.subscribed", [field("course", Shape::Text), pupil]);
    events([tagged(event, [tag])])
}

#[test]
fn they_stand_on_the_first_line_in_any_order() {
    let app = with_tags([("student", "pupil"), ("course", "course")]);
    let head = "event course.subscribed v1 tags course, student of pupil\n    course: string\n";
    assert!(locked(&app).contains(head), "{}", locked(&app));
    assert_eq!(locked(&app), locked(&with_tags([("course", "course"), ("student", "pupil")])));
    assert_passes(&app, &app);
    // Where an impl by hand does not say which field it is, the name of the tag stands for it.
    assert_passes(&with_tags([("course", "course")]), &with_tags([("course", "")]));
}

#[test]
fn a_first_line_may_say_more() {
    let whole = was(tagged(subscribed(), [("of, so", "pupil")]), "course.taken");
    let skips = EventSchema { newer: factum_core::event::Newer::Skip, ..whole };
    let app = events([skips]);
    let head = "v1 was course.taken tags \"of, so\" of pupil skips newer\n";
    assert!(locked(&app).contains(head), "{}", locked(&app));
    assert_passes(&app, &app);
}

#[test]
fn one_that_is_gone_or_has_another_name_breaks() {
    let both = with_tags([("course", "course"), ("student", "pupil")]);
    let one = with_tags([("course", "course")]);
    assert_breaks(&both, &one, &[Rule::RemovedTag]);
    let renamed = with_tags([("course", "course"), ("pupil", "pupil")]);
    assert_breaks(&both, &renamed, &[Rule::RemovedTag, Rule::AddedTag]);
    let told = lock::check(Some(&locked(&both)), &one, true).unwrap_err().to_string();
    let expected = "\
events.lock:6: event course.subscribed v1: the tag `student` of its field `pupil` is gone [removed-tag]
    a boundary, a guard or a view that asks for it would miss what is written from now on: keep
    `#[tag(\"student\")]` on `pupil`;
    if nothing asks for it any more, take it out of the block's first line in events.lock, by hand";
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn a_new_one_breaks_unless_the_event_is_new() {
    let (none, one) = (with_tags([]), with_tags([("course", "course")]));
    assert_breaks(&none, &one, &[Rule::AddedTag]);
    let told = lock::check(Some(&locked(&none)), &one, true).unwrap_err().to_string();
    let expected = "\
events.lock:6: event course.subscribed v1: the tag `course` of its field `course` is new [added-tag]
    stored events do not carry it, and no upcaster adds it: a boundary, a guard or a view that asks for it
    would miss them. Give the event with the tag a name of its own, beside this one, and go on reading both;
    if no store has such events, or those that it has need not be found by the tag, add it to the tags on the
    block's first line in events.lock, by hand: `tags course`";
    assert!(told.ends_with(expected), "{told}");
    let beside =
        tagged(event("course.taken", [field("course", Shape::Text)]), [("course", "course")]);
    assert_passes(&none, &events([subscribed(), beside]));
}

#[test]
fn what_is_written_by_hand_passes() {
    let (none, one) = (with_tags([]), with_tags([("course", "course")]));
    let by_hand = locked(&none).replace("subscribed v1", "subscribed v1 tags course");
    assert!(changes_of(&by_hand, &one).is_empty());
    assert!(changes_of(&by_hand.replace(" tags course", ""), &none).is_empty());
}

#[test]
fn a_version_or_a_name_does_not_change_them() {
    let one = with_tags([("course", "course")]);
    let raised_with = |tags: [_; 1]| events([tagged(raised(subscribed(), None), tags)]);
    assert_passes(&one, &raised_with([("course", "course")]));
    let other = raised_with([("class", "course")]);
    assert_breaks(&one, &other, &[Rule::RemovedTag, Rule::AddedTag]);
    // The line of the version before, which is kept, says nothing of them any more.
    let text = update(&locked(&one), &raised_with([("course", "course")]));
    assert!(text.contains("v1\n") && text.contains("v2 tags course\n"), "{text}");
    let fields = ["course", "pupil"].map(|name| field(name, Shape::Text));
    let renamed = was(event("course.taken", fields), "course.subscribed");
    assert_passes(&one, &events([tagged(renamed.clone(), [("course", "course")])]));
    assert_breaks(&one, &events([renamed]), &[Rule::RemovedTag]);
}

#[test]
fn one_goes_with_its_field() {
    let before = with_tags([("student", "pupil")]);
    let aliased = with_field(alias(field("learner", Shape::Text), "pupil"), ("student", "learner"));
    assert_passes(&before, &aliased);
    assert_eq!(
        changes(&before, &aliased),
        [
            "event course.subscribed v1 has the tags student of learner now",
            "event course.subscribed v1: `pupil: string` is `learner (or pupil): string` now",
        ]
    );
    // `#[serde(rename = "pupil")] learner`.
    assert_passes(&before, &with_field(field("pupil", Shape::Text), ("student", "learner")));
    // The field is there, and its tag is another one's.
    let moved = with_tags([("student", "course")]);
    assert_breaks(&before, &moved, &[Rule::RemovedTag, Rule::AddedTag]);
    let two = with_tags([("student", "pupil"), ("student", "course")]);
    assert_breaks(&two, &before, &[Rule::RemovedTag]);
    assert_breaks(&before, &two, &[Rule::AddedTag]);
}

#[test]
fn damage_is_an_error() {
    let lock = locked(&with_tags([("student", "pupil")]));
    for damage in [" tags", " tags student of", " tags student,", " tags student for pupil"] {
        let text = lock.replace(" tags student of pupil", damage);
        let damaged = lock::compare(&text, &with_tags([])).unwrap_err();
        assert!(matches!(damaged.damage, lock::Damage::Head(_)) && damaged.line == 6, "{damaged}");
    }
}
