//! The lock file, from what the derives describe to what is told of a change.
#![deny(warnings, clippy::pedantic)]

mod deployments;
mod tagged;

use deployments::*;
use factum::schema::lock::{self, Failure};
use factum::{Aggregate, App};

fn checked<A: Aggregate>(kept: Option<&str>, update: bool) -> Result<Option<String>, Failure> {
    lock::check(kept, &App::memory().aggregate::<A>().describe(), update)
}

/// The lock file of the first deployment.
fn first_lock() -> String {
    checked::<first::Account>(None, true).unwrap().unwrap()
}

/// The lock file after a deployment, if that breaks nothing.
fn passes<A: Aggregate>(kept: &str) -> String {
    let text = checked::<A>(Some(kept), true).unwrap_or_else(|failure| panic!("{failure}"));
    let text = text.unwrap_or_else(|| kept.to_owned());
    assert_eq!(checked::<A>(Some(&text), false), Ok(None));
    text
}

fn breaks<A: Aggregate>(kept: &str) -> String {
    let failure = checked::<A>(Some(kept), true).unwrap_err();
    assert!(matches!(failure, Failure::Breaking(_)), "{failure}");
    failure.to_string()
}

/// Where a line of the file is.
fn place(lock: &str, block: &str, line: &str) -> String {
    let mut lines = lock.lines().enumerate().skip_while(|(_, text)| !text.starts_with(block));
    let (number, _) = lines.find(|(_, text)| text.trim() == line).unwrap();
    format!("events.lock:{}: ", number + 1)
}

#[test]
fn the_file_is_what_is_persisted() {
    let wanted = "\
aggregate account

command account.deposit
    account: string
    cents: u64
    place: object
    place.town: string

event account.deposited v1
    cents: u64
    place: object
    place.town: string

event account.shut v1

snapshot account
    cents: u64
";
    assert!(first_lock().ends_with(wanted), "{}", first_lock());
    assert_eq!(passes::<first::Account>(&first_lock()), first_lock());
}

#[test]
fn a_retyped_field_breaks_until_there_is_an_upcaster() {
    let lock = first_lock();
    let told = breaks::<retyped::Account>(&lock);
    let at = place(&lock, "event account.deposited v1", "cents: u64");
    let what = "event account.deposited v1: `cents` was u64 and is string [retyped-field]";
    assert!(told.contains(&format!("{at}{what}")), "{told}");
    assert!(told.contains(r#"#[event("account.deposited", version = 2, upcast(1 => "#), "{told}");

    let after = passes::<raised::Account>(&lock);
    assert!(after.contains("event account.deposited v1\n    cents: u64\n"), "{after}");
    assert!(after.contains("event account.deposited v2\n    cents: string\n"), "{after}");
    // What was raised stays raised, and what leads there stays, too.
    assert!(breaks::<first::Account>(&after).contains("[lowered-version]"));
    assert!(breaks::<mismatched::Account>(&after).contains("[upcaster-mismatch]"));
}

#[test]
fn a_field_that_is_gone_or_new_breaks_unless_old_events_are_read() {
    let lock = first_lock();
    let told = breaks::<nested::Account>(&lock);
    assert!(told.contains("`place.street`") && told.contains("[required-field]"), "{told}");
    let told = breaks::<renamed::Account>(&lock);
    assert!(told.contains("[removed-field]"), "{told}");
    let after = passes::<aliased::Account>(&lock);
    assert!(after.contains("amount (or cents): u64"), "{after}");
    assert!(after.contains("place.street?: string | null"), "{after}");
    assert!(breaks::<renamed::Account>(&after).contains("[forgotten-alias]"));
}

#[test]
fn a_name_breaks_unless_it_is_still_read() {
    let lock = first_lock();
    let told = breaks::<gone::Account>(&lock);
    assert!(told.contains("event account.shut") && told.contains("[removed-event]"), "{told}");
    let after = passes::<named_anew::Account>(&lock);
    assert!(after.contains("event account.closed v1 was account.shut"), "{after}");
    assert!(breaks::<reused::Account>(&after).contains("[reused-name]"));
}

/// The upcaster that is suggested compiles, and leads old events to the new form.
#[test]
fn the_suggestion_can_be_taken() {
    use factum::Event;

    let lock = checked::<plain::before::Account>(None, true).unwrap().unwrap();
    let told = breaks::<plain::after::Account>(&lock);
    let suggested = include_str!("suggested.rs").lines().map(str::trim);
    let body = ["//", "AccountEvent::"];
    for line in suggested.filter(|line| !body.iter().any(|body| line.starts_with(body))) {
        let line = line.trim_end_matches('{');
        assert!(told.contains(line), "{line:?} is not in: {told}");
    }
    passes::<plain::with_the_suggestion::Account>(&lock);
    let event = plain::with_the_suggestion::AccountEvent::decode(
        "account.deposited",
        1,
        br#"{"cents":5,"note":null}"#,
    );
    assert_eq!(
        event,
        Ok(plain::with_the_suggestion::AccountEvent::Deposited { cents: "5".into() })
    );
}

#[test]
fn an_upcaster_on_json_that_does_not_do_breaks() {
    let lock = first_lock();
    let told = breaks::<forgetful::Account>(&lock);
    let sample =
        r#"the sample {"cents":0,"place":{"town":""}}, by way of its upcasters, is refused: "#;
    assert!(told.contains(sample) && told.contains("[unreadable-sample]"), "{told}");
    assert!(told.contains("invalid type: integer `0`, expected a string"), "{told}");
    let told = breaks::<panicking::Account>(&lock);
    assert!(told.contains("its upcasters, makes the code panic: no town ["), "{told}");
    passes::<raised::Account>(&lock);
    // The mark of an old version stays.
    let head = "event account.deposited v1 unsampled\n";
    let after = passes::<forgetful::Account>(&lock.replace("event account.deposited v1\n", head));
    assert!(after.contains(head), "{after}");
}

#[test]
fn what_is_written_and_cannot_be_read_breaks_from_the_beginning() {
    let told = breaks::<not_written::Account>(&first_lock());
    let what = "is read, but what is written then cannot be: the payload does not fit: missing field `town`";
    assert!(told.contains(what) && told.contains("[unreadable-sample]"), "{told}");
    assert!(breaks::<not_written::Account>("").contains(what));
}

#[test]
fn a_check_that_begins_breaks_and_one_that_was_there_does_not() {
    let lock = checked::<plain::of_any_period::Account>(None, true).unwrap().unwrap();
    let told = breaks::<plain::of_a_period::Account>(&lock);
    let what = r#"{"period":{"from":0,"to":0}} is refused: the payload does not fit: ends before it begins"#;
    assert!(told.contains(what), "{told}");
    // By hand, as the advice has it.
    let by_hand = lock.replace("event account.let v1", "event account.let v1 unsampled");
    assert_eq!(passes::<plain::of_a_period::Account>(&by_hand), by_hand);

    let strict = checked::<plain::of_a_period::Account>(None, true).unwrap().unwrap();
    assert_eq!(strict, by_hand);
    assert_eq!(passes::<plain::of_any_period::Account>(&strict), lock);
}

#[test]
fn a_tag_or_a_boundary_that_changes_breaks() {
    let lock = checked::<tagged::first::Subscription>(None, true).unwrap().unwrap();
    for head in [
        "aggregate subscription boundary course, student\n",
        "event course.subscribed v1 tags course, student of pupil\n",
    ] {
        assert!(lock.contains(head), "{lock}");
    }
    let told = breaks::<tagged::untagged::Subscription>(&lock);
    assert!(
        told.contains("the tag `student` of its field `pupil` is gone [removed-tag]"),
        "{told}"
    );
    assert!(told.contains("keep\n    `#[tag(\"student\")]` on `pupil`"), "{told}");
    let told = breaks::<tagged::renamed::Subscription>(&lock);
    assert!(told.contains("[removed-tag]") && told.contains("[added-tag]"), "{told}");
    let untagged = checked::<tagged::untagged::Subscription>(None, true).unwrap().unwrap();
    assert!(breaks::<tagged::first::Subscription>(&untagged).contains("[added-tag]"));
    for told in [
        breaks::<tagged::turned::Subscription>(&lock),
        breaks::<tagged::smaller::Subscription>(&lock),
    ] {
        assert!(told.contains("[changed-boundary]"), "{told}");
    }
    assert_eq!(passes::<tagged::first::Subscription>(&lock), lock);
}
