use factum::testing::given;

use crate::transfer::domain::AccountEvent::*;
use crate::transfer::domain::{Account, AccountError, Deposit, Open, Transfer};

fn alice() -> String {
    "alice".to_owned()
}

fn opened() -> crate::transfer::domain::AccountEvent {
    Opened { owner: "Alice".to_owned() }
}

#[test]
fn an_account_is_opened_once() {
    let open = || Open { account: alice(), owner: "Alice".to_owned() };
    given::<Account>([]).when(open()).then([opened()]).when(open()).then_nothing();
}

#[test]
fn what_is_there_can_be_transferred_and_no_more() {
    let transfer = |cents| Transfer { account: alice(), to: "bob".to_owned(), cents };
    let started = TransferStarted { to: "bob".to_owned(), cents: 5 };
    given::<Account>([opened(), Deposited { cents: 5 }])
        .when(transfer(6))
        .then_rejected(AccountError("there is not enough money"))
        .when(transfer(5))
        .then([started])
        .when(transfer(1))
        .then_rejected(AccountError("there is not enough money"));
}

#[test]
fn nothing_goes_into_or_out_of_an_account_that_nobody_opened() {
    given::<Account>([])
        .when(Deposit { account: alice(), cents: 1 })
        .then_rejected(AccountError("the account was never opened"))
        .when(Transfer { account: alice(), to: "bob".to_owned(), cents: 0 })
        .then_rejected(AccountError("there is not enough money"));
}

/// What a user writes: imports, comments and empty lines aside.
#[test]
fn the_domain_of_the_transfer_is_short() {
    let domain = include_str!("../../examples/transfer/domain.rs");
    let aside = ["//", "use ", "pub use "];
    let code = domain.lines().map(str::trim_start);
    let lines = code.filter(|line| !line.is_empty() && !aside.iter().any(|a| line.starts_with(a)));
    assert!(lines.count() <= 70);
}

/// The pages have the code of the examples, which compiles.
#[test]
fn the_pages_have_the_sagas_of_the_examples() {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let pages = [include_str!("../../README.md"), include_str!("../../docs/sagas.md")];
    let transfer = include_str!("../../examples/transfer/domain.rs");
    let (_, saga) = transfer.split_once("comes back.\n").expect("the saga of the example");
    for page in pages {
        assert!(dense(page).contains(&dense(saga)), "a page differs from:{saga}");
    }
    let policies = include_str!("../../examples/shop/policies.rs");
    let (_, policy) = policies.split_once("/// For an order that is paid").expect("the policy");
    let (policy, _) = policy.split_once("\nimpl Answered").expect("its reaction");
    let [_, page] = pages;
    assert!(dense(page).contains(&dense(policy)), "the page differs from:{policy}");
}
