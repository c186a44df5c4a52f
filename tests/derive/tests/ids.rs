//! Newtypes of ids.
#![deny(warnings, clippy::pedantic)]

use factum::prelude::*;

#[derive(Id, Clone, Debug, PartialEq)]
struct AccountId(String);

#[derive(Id, Debug, PartialEq)]
struct Number {
    value: u64,
}

#[derive(Id, Debug, PartialEq)]
struct Nested(Number);

#[derive(Id, Debug, PartialEq)]
struct Of<T: Id>(T);

#[derive(Command, Serialize, Deserialize)]
#[command("account.close", id = account)]
struct Close {
    reason: String,
    account: u64,
}

#[test]
fn the_id_of_a_command_may_be_named_in_its_attribute() {
    assert_eq!(Close { reason: "moved".into(), account: 7 }.id(), "7");
}

#[test]
fn the_text_is_that_of_the_inner_id() {
    assert_eq!(AccountId("alice".into()).write(), "alice");
    assert_eq!(Nested(Number { value: 7 }).write(), "7");
    assert_eq!(Nested::read("7"), Ok(Nested(Number { value: 7 })));
    assert_eq!(Of::<u8>::read("7"), Ok(Of(7)));
}

#[test]
fn a_bad_text_names_the_type_that_the_user_wanted() {
    let bad = Nested::read("007").unwrap_err();
    assert_eq!((&*bad.text, bad.wanted), ("007", std::any::type_name::<Nested>()));
}
