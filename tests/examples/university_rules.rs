//! The rules of the university, with the test kit, and what the example tells.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum::testing::{given, projected};

use crate::process::run;
use crate::university::course::{ChangeSeats, Course, NoCourse, OfferCourse};
use crate::university::events::UniversityEvent::{self, *};
use crate::university::subscribe::{MOST, Refusal, Subscribe, Subscription};
use crate::university::unsubscribe::Unsubscribe;
use crate::university::views::CourseRow;

fn text(text: &str) -> String {
    text.to_owned()
}
fn offered(course: &str, seats: u32) -> UniversityEvent {
    CourseOffered { course: text(course), seats }
}
fn subscribed(course: &str, student: &str) -> UniversityEvent {
    Subscribed { course: text(course), student: text(student) }
}
fn subscribe(course: &str, student: &str) -> Subscribe {
    Subscribe { course: text(course), student: text(student) }
}
fn unsubscribe(course: &str, student: &str) -> Unsubscribe {
    Unsubscribe { course: text(course), student: text(student) }
}

#[test]
fn a_seat_is_taken_once_and_given_back() {
    given::<Subscription>([offered("maths", 1)])
        .when(subscribe("maths", "ann"))
        .then([subscribed("maths", "ann")])
        .when(subscribe("maths", "ann"))
        .then_nothing()
        .when(subscribe("maths", "bob"))
        .then_rejected(Refusal::Full)
        .when(unsubscribe("maths", "bob"))
        .then_nothing()
        .when(unsubscribe("maths", "ann"))
        .then([Unsubscribed { course: text("maths"), student: text("ann") }])
        .when(subscribe("maths", "bob"))
        .then([subscribed("maths", "bob")]);
}

#[test]
fn a_student_takes_ten_courses_and_no_more() {
    let courses = (0..=MOST).map(|course| format!("course-{course}"));
    let offers = courses.clone().map(|course| offered(&course, 5));
    let taken = courses.take(MOST as usize).map(|course| subscribed(&course, "ann"));
    given::<Subscription>(offers.chain(taken))
        .when(subscribe("course-10", "ann"))
        .then_rejected(Refusal::Busy)
        .when(subscribe("course-10", "bob"))
        .then([subscribed("course-10", "bob")])
        .when(unsubscribe("course-3", "ann"))
        .then([Unsubscribed { course: text("course-3"), student: text("ann") }])
        .when(subscribe("course-10", "ann"))
        .then([subscribed("course-10", "ann")]);
}

#[test]
fn a_course_has_to_be_offered() {
    given::<Subscription>([offered("music", 1)])
        .when(subscribe("maths", "ann"))
        .then_rejected(Refusal::NoCourse);
    given::<Course>([offered("music", 1)])
        .when(ChangeSeats { course: text("maths"), seats: 2 })
        .then_rejected(NoCourse)
        .when(OfferCourse { course: text("music"), seats: 9 })
        .then_nothing()
        .when(ChangeSeats { course: text("music"), seats: 2 })
        .then([SeatsChanged { course: text("music"), seats: 2 }]);
}

/// The events of a course stand in many streams; its row is found by the tag.
#[test]
fn a_row_follows_its_tag() {
    projected::<CourseRow>()
        .given("course-maths", [offered("maths", 3)])
        .given("subscription-maths-ann", [subscribed("maths", "ann")])
        .given("subscription-maths-bob", [subscribed("maths", "bob")])
        .then_row("maths", CourseRow { course: text("maths"), seats: 3, taken: 2 })
        .then_no_row("ann");
}

#[test]
fn the_rush_oversells_nothing_also_when_it_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("university.db");
    let first = run("university", [&file]);
    assert_eq!((first.status, first.err.as_str()), (Some(0), ""), "{}", first.out);
    for told in [
        "1000 subscriptions, 4000 found the course full, 0 had ten already.",
        "course-01: 100 of 100 seats",
        "course-10: 100 of 100 seats",
    ] {
        assert!(first.out.contains(told), "{told:?} is missing in:\n{}", first.out);
    }
    // Who has a seat has it, and asks for nothing new.
    let second = run("university", [&file]);
    assert_eq!((second.status, second.out), (Some(0), first.out), "{}", second.err);
    assert_eq!(run("university", ["--courses"]).status, Some(2));
}

/// What a user writes for one rule: imports, comments and empty lines aside, and its events, too.
#[test]
fn the_slice_of_a_subscription_is_short() {
    let slice = include_str!("../../examples/university/subscribe.rs");
    let aside = ["//", "use "];
    let code = slice.lines().map(str::trim_start);
    let lines = code.filter(|line| !line.is_empty() && !aside.iter().any(|a| line.starts_with(a)));
    assert!(lines.count() <= 58);
}
