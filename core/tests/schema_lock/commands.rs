//! Commands, which have no versions.

use factum_core::schema::lock::Rule;

use crate::app::*;

#[test]
fn a_removed_command_breaks() {
    let both = commands([command("account.close", []), command("account.deposit", [])]);
    let one = commands([command("account.deposit", [])]);
    assert_breaks(&both, &one, &[Rule::RemovedCommand]);
    assert_passes(&one, &both);
    assert_eq!(changes(&one, &both), ["command account.close is new"]);
}

#[test]
fn its_fields_have_the_rules_of_events() {
    let deposit = |fields: Vec<_>| commands([command("account.deposit", fields)]);
    let before = deposit(vec![field("cents", U64)]);
    assert_breaks(&before, &deposit(vec![field("cents", U32)]), &[Rule::RetypedField]);
    assert_breaks(&before, &deposit(vec![]), &[Rule::RemovedField]);
    let needed = deposit(vec![field("cents", U64), field("note", U64)]);
    assert_breaks(&before, &needed, &[Rule::RequiredField]);
    assert_passes(&before, &deposit(vec![field("cents", U64), maybe("note", U64)]));
}
