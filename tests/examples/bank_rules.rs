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

/// The front page may have fewer lines and comments, but no other code.
#[test]
fn the_front_page_has_the_code_of_the_example() {
    let dense = |text: &str| {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("///"));
        code.flat_map(str::split_whitespace).collect::<String>().replace(",}", "}")
    };
    let page = dense(include_str!("../../README.md"));
    for (file, after) in [
        (include_str!("../../examples/bank/domain.rs"), "use factum::prelude::*;"),
        (
            include_str!("../../examples/bank/balance.rs"),
            "use super::domain::AccountEvent::{self, *};",
        ),
    ] {
        let (_, code) = file.split_once(after).expect("the imports of the example");
        assert!(page.contains(&dense(code)), "the front page differs from:{code}");
    }
}

/// What a user writes: imports, comments and empty lines aside.
#[test]
fn the_domain_of_the_bank_is_short() {
    let domain = include_str!("../../examples/bank/domain.rs");
    let aside = ["//", "use ", "pub use "];
    let code = domain.lines().map(str::trim_start);
    let lines = code.filter(|line| !line.is_empty() && !aside.iter().any(|a| line.starts_with(a)));
    // The saga of a transfer is to have its place in these, too.
    assert!(lines.count() <= 70);
}
