use factum::testing::{given, projected};

use crate::bank::balance::Balance;
use crate::bank::domain::AccountEvent::*;
use crate::bank::domain::{Account, AccountError, Deposit, Open, Withdraw};

fn alice() -> String {
    "alice".to_owned()
}
fn opened() -> crate::bank::domain::AccountEvent {
    Opened { owner: "Alice".to_owned() }
}

#[test]
fn an_account_is_opened_once() {
    let open = || Open { account: alice(), owner: "Alice".to_owned() };
    given::<Account>([]).when(open()).then([opened()]).when(open()).then_nothing();
}

#[test]
fn what_is_there_can_be_withdrawn_and_no_more() {
    given::<Account>([opened(), Deposited { cents: 5 }])
        .when(Withdraw { account: alice(), cents: 6 })
        .then_rejected(AccountError::Insufficient { available: 5 })
        .when(Withdraw { account: alice(), cents: 5 })
        .then([Withdrawn { cents: 5 }])
        .when(Withdraw { account: alice(), cents: 1 })
        .then_rejected(AccountError::Insufficient { available: 0 });
}

#[test]
fn nothing_goes_into_an_account_that_nobody_opened() {
    given::<Account>([])
        .when(Deposit { account: alice(), cents: 1 })
        .then_rejected(AccountError::NotOpen);
}

#[test]
fn a_balance_follows_its_account() {
    projected::<Balance>()
        .given("account-alice", [opened(), Deposited { cents: 5 }, Withdrawn { cents: 3 }])
        .then_row("alice", Balance { account: alice(), owner: "Alice".to_owned(), cents: 2 })
        .then_no_row("bob");
}
