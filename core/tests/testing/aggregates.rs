use factum_core::testing::{TIME, command_id, given};
use factum_core::{Context, Timestamp};

use crate::purse::PurseEvent::*;
use crate::purse::{Purse, PurseError, Take};

fn take(cents: u64) -> Take {
    Take { purse: "mine".to_owned(), cents }
}

#[test]
fn a_command_is_decided_on_what_was_given() {
    given::<Purse>([Filled { cents: 9 }])
        .when(take(4))
        .then([Emptied { cents: 4, by: None, at: TIME }])
        .then_state(|purse| assert_eq!(purse.cents, 5));
}

#[test]
fn commands_build_on_each_other() {
    given::<Purse>([Filled { cents: 9 }])
        .then_state(|purse| assert_eq!(purse.cents, 9))
        .when(take(4))
        .when(take(6))
        .then_rejected(PurseError::Short { cents: 5 })
        .when(take(0))
        .then_nothing()
        .when(take(5))
        .then_state(|purse| assert_eq!(purse.cents, 0))
        .when(take(1))
        .then_rejected_with(|error| assert!(matches!(error, PurseError::Short { .. })));
}

#[test]
fn the_test_sets_time_and_sender() {
    let later: Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();
    given::<Purse>([Filled { cents: 9 }])
        .at(later)
        .actor("ann")
        .when(take(1))
        .then([Emptied { cents: 1, by: Some("ann".to_owned()), at: later }])
        .and()
        .at(TIME)
        .when(take(1))
        .then([Emptied { cents: 1, by: Some("ann".to_owned()), at: TIME }]);
}

#[test]
fn ids_are_fixed_and_differ() {
    let drawn = |n| Context::new(command_id(n), TIME).new_uuid();
    assert_eq!(drawn(0), drawn(0));
    assert_ne!(drawn(0), drawn(1));
    let id = command_id(u64::MAX).uuid();
    assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
}
