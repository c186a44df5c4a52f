//! What is told, word for word.

use factum_core::schema::lock::{self, Rule};
use factum_core::schema::{Description, EventSchema, Shape};

use crate::app::*;

/// The report of the failure, under `update` too.
fn report(lock: &str, app: &Description) -> String {
    let failure = lock::check(Some(lock), app, true).unwrap_err();
    failure.to_string()
}

fn deposited() -> EventSchema {
    event("account.deposited", [field("cents", U64), maybe("type", Shape::Text)])
}

#[test]
fn a_retyped_field() {
    let after = with_fields([field("cents", Shape::Text), field("by", U64)]);
    let told = report(&locked(&events([deposited()])), &after);
    let expected = r#"these changes break what is locked:

events.lock:7: event account.deposited v1: `cents` was u64 and is string [retyped-field]
events.lock:8: event account.deposited v1: `type` was string | null and is gone [removed-field]
events.lock:6: event account.deposited v1: `by` is new and has to be there [required-field]
    stored events have the old form: keep that readable (a field may be left out if it is an
    `Option` or has `#[serde(default)]`), or raise the version and lead from the old
    form to the new:

        #[event("account.deposited", version = 2, upcast(1 => deposited_from_v1))]
        Deposited { .. },

        #[derive(Deserialize)]
        struct DepositedV1 {
            cents: u64,
            r#type: Option<String>,
        }
        fn deposited_from_v1(old: DepositedV1) -> AccountEvent { .. }"#;
    assert_eq!(told, expected);
}

#[test]
fn a_field_that_is_only_gone() {
    let told = report(&locked(&events([deposited()])), &with_fields([field("cents", U64)]));
    let expected = "\
    what stored events say there would be lost without a word: keep it, or raise the version and lead from \
the old
    form to the new:
";
    assert!(told.contains(expected) && !told.contains("serde(default)"), "{told}");
    let commands = |fields: Vec<_>| commands([command("account.deposit", fields)]);
    let told = report(&locked(&commands(vec![field("cents", U64)])), &commands(vec![]));
    let expected = "    \
    what senders say there would be lost without a word: keep it,
    or give the new form a name of its own beside this one, such as `account.deposit_2`";
    assert!(told.ends_with(expected.trim_start()), "{told}");
}

#[test]
fn a_field_that_may_have_another_name() {
    let place = |fields: Vec<_>| with_fields([field("place", object(fields))]);
    let before = locked(&place(vec![field("cents", U64), field("town", Shape::Text)]));
    let told = report(&before, &place(vec![field("cents", U64), field("city", Shape::Text)]));
    let hint = "    if `place.city` is what `town` was, under a new name, write `#[serde(alias = \"town\")]` on \
                it; otherwise:\n\n    stored events have the old form";
    assert!(told.contains(hint), "{told}");
    assert_eq!(told.matches("alias").count(), 1);
    let told = report(&before, &place(vec![field("cents", U64), field("city", U64)]));
    assert!(!told.contains("alias"), "{told}");
    let alias = alias(field("city", Shape::Text), "town");
    assert!(rules_of(&before, &place(vec![field("cents", U64), alias])).is_empty());
}

#[test]
fn what_is_not_all_told_by_the_forms() {
    let it = |shape| with_fields([field("it", shape)]);
    let told = report(&locked(&it(U64)), &it(Shape::Any));
    let expected = "\
events.lock:7: event account.deposited v1: `it` was u64 and is any: whether what is stored can be read as \
that, cannot be compared [retyped-field]
    serde asks a type that is `any` (it has `tag`, `untagged` or `flatten`) for anything, so that nothing
    says what it reads: if it is sure that it reads what is stored, let events.lock say `any` there, \
without the
    places inside, by hand; otherwise:

    stored events have the old form: keep that readable, or raise the version and lead from the old
    form to the new:
";
    assert!(told.contains(expected), "{told}");
    let told = report(&locked(&it(Shape::Any)), &it(U64));
    let expected = "\
events.lock:7: event account.deposited v1: `it` was any and is u64: what is stored may be anything \
[retyped-field]
    nothing is known of what was stored as `any`: if it is sure that it can be read, take the block out of
    events.lock by hand, and run `FACTUM_LOCK=update cargo test`; otherwise:

    stored events have the old form: keep that readable, or raise the version and lead from the old
";
    assert!(told.contains(expected), "{told}");
    let date = || checked(Shape::Text, Some(r#""2000-01-01""#));
    let told = report(&locked(&it(Shape::Text)), &it(nullable(date())));
    let expected = r#"
events.lock:7: event account.deposited v1: `it` was string and is string like "2000-01-01" | null: what is stored may be refused [retyped-field]
    a type that looks at what it reads (a sample that it takes stands behind `like`) may refuse what is
    stored: if it is sure that all of it passes, write the new kind into events.lock by hand; otherwise:

    stored events have the old form: keep that readable, or raise the version and lead from the old
"#;
    assert!(told.contains(expected), "{told}");
    assert!(!report(&locked(&it(U64)), &it(date())).contains("looks at"));
    // What is advised, works.
    let lock = locked(&it(Shape::Text)).replace("it: string", r#"it: string like "2000-01-01""#);
    assert!(changes_of(&lock, &it(date())).is_empty());
    let lock = locked(&it(U64)).replace("it: u64", "it: any");
    assert!(changes_of(&lock, &it(Shape::Any)).is_empty());
}

#[test]
fn a_further_version_keeps_the_ones_before() {
    let second = was(raised(deposited(), None), "account.paid_in");
    let mut after = second.clone();
    after.fields = object([]);
    let told = report(&locked(&events([second])), &events([after]));
    let attribute = r#"
        #[event("account.deposited", version = 3, was = "account.paid_in", upcast(1 => …, 2 => deposited_from_v2))]
        Deposited { .. },

        #[derive(Deserialize)]
        struct DepositedV2 {"#;
    assert!(told.contains(attribute), "{told}");
    assert!(told.contains("and the upcaster before to the old:"), "{told}");
}

#[test]
fn the_struct_reads_what_is_locked() {
    let mut event = event(
        "account.deposited",
        [
            alias(field("createdAt", U64), "at"),
            optional(field("count", U32)),
            field("tags", list(nullable(Shape::Text))),
            field("pair", Shape::Tuple(vec![U64, Shape::Bool])),
            field("self", map(Shape::Text, Shape::Char)),
        ],
    );
    event.variant = "HTTPCalledTwice";
    let lock = locked(&events([event.clone()]));
    event.fields = object([]);
    let expected = r#"
        struct HTTPCalledTwiceV1 {
            #[serde(default)]
            count: u32,
            #[serde(rename = "createdAt", alias = "at")]
            created_at: u64,
            pair: (u64, bool),
            #[serde(rename = "self")]
            self_: HashMap<String, char>,
            tags: Vec<Option<String>>,
        }
        fn http_called_twice_from_v1(old: HTTPCalledTwiceV1) -> AccountEvent { .. }"#;
    let told = report(&lock, &events([event]));
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn what_has_no_type_here_is_taken_as_json() {
    let json = "
        use factum::upcast::Fields;
        fn deposited_from_v1(mut old: Fields) -> Fields { .. }";
    for odd in [
        field("place", object([field("town", Shape::Text)])),
        field("kind", choice([("Car", None)])),
        field("what", Shape::Any),
        field("a: b", U64),
    ] {
        let told = report(&locked(&with_fields([odd])), &with_fields([]));
        assert!(told.ends_with(json), "{told}");
    }
}

#[test]
fn an_event_by_hand_has_no_attribute() {
    let mut event = deposited();
    event.variant = "";
    let lock = locked(&events([event.clone()]));
    event.fields = object([]);
    let told = report(&lock, &events([event]));
    assert!(told.ends_with(
        "raise the version to 2 in `TYPES`\n    and let `decode` read version 1 as it is locked"
    ));
}

#[test]
fn the_names() {
    let lock = locked(&events([was(deposited(), "account.paid_in")]));
    assert_eq!(
        report(&lock, &events([deposited()])),
        "these changes break what is locked:\n\n\
         events.lock:6: event account.deposited v1: it was named account.paid_in before, and that \
         name is no longer read [forgotten-name]\n    \
         stored events have the old name: write `was = \"account.paid_in\"` on \
         `AccountEvent::Deposited`;\n    \
         if no store has one any more, take the name and its blocks out of events.lock by hand"
    );
    assert_eq!(
        report(&lock, &events([])),
        "these changes break what is locked:\n\n\
         events.lock:6: event account.deposited v1: it is gone [removed-event]\n    \
         stored events have this name: keep it, or write `was = \"account.deposited\"` on the event \
         that took its place;\n    \
         if no store has one any more, take its blocks out of events.lock by hand"
    );
}

#[test]
fn an_upcaster_that_does_not_fit() {
    let lock = locked(&events([deposited()]));
    let taken = Some(object([field("cents", Shape::Text)]));
    let told = report(&lock, &events([raised(deposited(), taken)]));
    let expected = "[upcaster-mismatch]
    stored events of version 1 have the form that is locked: let the upcaster take that:

        #[derive(Deserialize)]
        struct DepositedV1 {
            cents: u64,
            r#type: Option<String>,
        }
        fn deposited_from_v1(old: DepositedV1) -> AccountEvent { .. }";
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn a_file_that_is_behind() {
    let lock = locked(&events([deposited()]));
    let after = events([deposited(), event("account.closed", [])]);
    let told = lock::check(Some(&lock), &after, false).unwrap_err().to_string();
    assert_eq!(
        told,
        "events.lock is behind:\n    event account.closed v1 is new\n\
         run `FACTUM_LOCK=update cargo test`, and commit it"
    );
}

#[test]
fn an_app_that_does_not_start() {
    let app = events([deposited()]);
    let problems = vec!["two are `a`".to_owned(), "two are `b`".to_owned()];
    let odd = Description { problems, ..app.clone() };
    for update in [false, true] {
        let told = lock::check(Some(&locked(&app)), &odd, update).unwrap_err().to_string();
        assert_eq!(
            told,
            "the app does not start: two are `a`\nthe app does not start: two are `b`"
        );
    }
}

#[test]
fn breaks_stand_in_the_order_of_the_file() {
    let before = events([event("a.one", []), event("a.two", [field("x", U64)]), event("b.c", [])]);
    let after = events([event("a.two", [])]);
    assert_eq!(
        rules(&before, &after),
        [Rule::RemovedEvent, Rule::RemovedField, Rule::RemovedEvent]
    );
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    let mut names = Rule::ALL.map(Rule::name).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
}
