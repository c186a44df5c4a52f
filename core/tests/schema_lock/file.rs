//! The file: its text, its damages, and when it is written.

use factum_core::schema::lock::{self, Damage, Failure, Verdict};
use factum_core::schema::{AggregateSchema, Description, Shape};

use crate::app::*;

/// An app with one of each.
fn bank() -> Description {
    let [events, commands, snapshot] = [
        events([was(
            raised(
                event("account.deposited", [field("amount", object([field("cents", U64)]))]),
                Some(object([field("cents", U32)])),
            ),
            "account.paid_in",
        )]),
        commands([command("account.deposit", [field("account", Shape::Text)])]),
        snapshot(object([field("cents", U64), maybe("owner", Shape::Text)])),
    ]
    .map(|mut app| app.aggregates.remove(0));
    let whole = AggregateSchema { events: events.events, commands: commands.commands, ..snapshot };
    Description { aggregates: vec![whole], ..view(1, object([field("cents", U64)])) }
}

const BANK: &str = "\
# What this app persists: its aggregates, and the forms of its commands, events, sagas, snapshots and rows.
# `FACTUM_LOCK=update cargo test` writes this file. Review it like code: what is stored has these forms.

aggregate account

command account.deposit
    account: string

event account.deposited v1
    cents: u32

event account.deposited v2 was account.paid_in
    amount: object
    amount.cents: u64

snapshot account
    cents: u64
    owner?: string | null

view balances v1
    cents: u64
";

#[test]
fn it_is_a_readable_text() {
    assert_eq!(locked(&bank()), BANK);
    assert_eq!(lock::compare(BANK, &bank()), Ok(Verdict::Same));
}

#[test]
fn other_line_ends_and_another_order_change_nothing() {
    assert_eq!(lock::compare(&BANK.replace('\n', "\r\n"), &bank()), Ok(Verdict::Same));
    let mut blocks: Vec<_> = BANK.trim_end().split("\n\n").collect();
    blocks.reverse();
    assert_eq!(lock::compare(&blocks.join("\n\n"), &bank()), Ok(Verdict::Same));
    let order = BANK.replace(
        "    amount: object\n    amount.cents: u64",
        "\tamount.cents: u64\n\n\tamount: object",
    );
    assert_eq!(lock::compare(&order, &bank()), Ok(Verdict::Same));
}

#[test]
fn it_is_written_on_request() {
    assert_eq!(lock::check(None, &bank(), true), Ok(Some(BANK.to_owned())));
    assert_eq!(lock::check(None, &bank(), false), Err(Failure::Missing));
    assert_eq!(lock::check(Some(BANK), &bank(), false), Ok(None));
    assert_eq!(lock::check(Some(BANK), &bank(), true), Ok(None));
    let before = BANK.replace("    owner?: string | null\n", "");
    assert!(matches!(lock::check(Some(&before), &bank(), false), Err(Failure::Behind(_))));
    assert_eq!(lock::check(Some(&before), &bank(), true), Ok(Some(BANK.to_owned())));
}

#[test]
fn names_may_hold_anything() {
    let names =
        ["a: b", "it's \"so\"", "x?", "new\nline", "größe", "[0]", "(value)", "", "\u{202e}"];
    let fields = names.map(|name| alias(field(name, U64), &format!("{name}, or")));
    let app = events([event("account.put \"in\" v1 was", fields)]);
    let lock = locked(&app);
    assert_eq!(lock::compare(&lock, &app), Ok(Verdict::Same));
    assert!(lock.contains("\nevent \"account.put \\\"in\\\" v1 was\" v1\n"));
    assert!(lock.contains("\n    \"new\\u000aline\" (or \"new\\u000aline, or\"): u64\n"), "{lock}");
    assert!(lock.contains("\n    \"\\u202e\" (or \"\\u202e, or\"): u64\n"), "{lock}");
}

#[test]
fn damage_is_an_error_with_its_line() {
    let damaged = |from: &str, to: &str| {
        let text = BANK.replace(from, to);
        assert_ne!(text, BANK);
        let damaged = lock::compare(&text, &bank()).unwrap_err();
        assert_eq!(lock::check(Some(&text), &bank(), true), Err(damaged.clone().into()));
        (damaged.line, damaged.damage)
    };
    let text = str::to_owned;
    assert_eq!(damaged("    cents: u32", "<<<<<<< ours"), (10, Damage::MergeConflict));
    assert_eq!(damaged("    cents: u32", "======="), (10, Damage::MergeConflict));
    assert_eq!(damaged("event account", "evnt account").0, 9);
    assert_eq!(damaged("d v1", "d"), (9, Damage::Head(text("event account.deposited"))));
    assert_eq!(damaged("d v1", "d v1 was").0, 9);
    assert_eq!(damaged("cents: u32", "cents u32"), (10, Damage::Place(text("cents u32"))));
    assert_eq!(damaged("owner?: string", "owner? (or: string").0, 18);
    for kind in ["u33", "list of many", "strin | null", "map by u33", "f64 liek 1"] {
        let damage = Damage::NoKind { path: text("cents"), kind: text(kind) };
        assert_eq!(damaged("cents: u32", &format!("cents: {kind}")), (10, damage));
    }
    let told = damaged("cents: u32", "cents: u33").1.to_string();
    assert!(told.starts_with("`u33` is no kind") && told.contains("u8 to u128"), "{told}");
    assert_eq!(damaged("    amount: object\n", ""), (13, Damage::Misfit(text("amount.cents"))));
    assert_eq!(damaged("amount: object", "amount: string").1, Damage::Misfit(text("amount.cents")));
    assert_eq!(damaged("amount: object", "amount[]: object").0, 13);
    assert_eq!(damaged("cents: u32", "cents: list"), (9, Damage::Missing(text("cents[]"))));
    assert_eq!(damaged("cents: u32", "cents: again there"), (10, Damage::Misfit(text("cents"))));
    assert_eq!(
        damaged("command account.deposit\n", ""),
        (6, Damage::NoBlock(text("account: string")))
    );
    assert_eq!(damaged("d v1", "d v0").0, 9);
    assert!(matches!(damaged("d v1", "d v0").1, Damage::NoVersion(_)));
    assert!(matches!(damaged("s v1", "s v0"), (20, Damage::NoVersion(_))));
    assert_eq!(damaged("s v1", "s").0, 20);
    let twice = damaged("    cents: u32", "    cents: u32\n    cents: u64");
    assert_eq!(twice, (11, Damage::PlaceTwice { path: text("cents"), first: 10 }));
    let (line, damage) = damaged("v2 was account.paid_in", "v1");
    assert!(matches!(damage, Damage::BlockTwice { first: 9, .. }) && line == 12, "{damage:?}");
}

#[test]
fn what_is_too_deep_is_damaged() {
    let nested = |depth: usize| {
        let places = (0..=depth).map(|at| {
            let kind = if at == depth { "u8" } else { "list" };
            format!("    a{}: {kind}\n", "[]".repeat(at))
        });
        format!("event a.b v1\n{}", places.collect::<String>())
    };
    let damage = |text: &str| lock::compare(text, &events([])).map_err(|damaged| damaged.damage);
    assert!(damage(&nested(99)).is_ok());
    assert_eq!(damage(&nested(10_000)), Err(Damage::TooDeep));
    for kind in ["map by ".repeat(10_000) + "u8", "u8".to_owned() + &" | null".repeat(10_000)] {
        let text = format!("event a.b v1\n    a: {kind}\n");
        assert_eq!(damage(&text), Err(Damage::TooDeep));
    }
}
