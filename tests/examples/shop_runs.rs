#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use crate::process::run;

const ORDERS: usize = 24;

/// An order as a run tells it.
struct Told<'a> {
    pieces: u64,
    item: &'a str,
    cents: u64,
    done: Vec<&'a str>,
    undone: Vec<&'a str>,
}

fn cents(euros: &str) -> u64 {
    euros.replace('.', "").parse().unwrap()
}

fn steps(told: &str) -> Vec<&str> {
    told.split(" > ").map(str::trim).filter(|step| !step.is_empty()).collect()
}

fn order(line: &str) -> Option<Told<'_>> {
    let (basket, way) = line.strip_prefix("order-")?.split_once("  placed > ")?;
    let words: Vec<_> = basket.split_whitespace().collect();
    let [_, pieces, "x", item, euros] = *words.as_slice() else { return None };
    let (done, undone) = way.split_once('|').unwrap_or((way, ""));
    let (pieces, cents) = (pieces.parse().unwrap(), cents(euros));
    Some(Told { pieces, item, cents, done: steps(done), undone: steps(undone) })
}

/// Counts what a run tells of its orders, and compares it with what it says they add up to.
fn check(out: &str) {
    let orders: Vec<_> = out.lines().filter_map(order).collect();
    assert_eq!(orders.len(), ORDERS, "{out}");
    let completed = orders.iter().filter(|order| order.done.last() == Some(&"completed"));
    let count = completed.clone().count();
    let told = format!("{ORDERS} orders: {count} completed, {} cancelled.\n", ORDERS - count);
    assert!(out.contains(&told), "{told} is missing in:\n{out}");
    let sold: u64 = completed.clone().map(|order| order.cents).sum();
    let sold = format!("{}.{:02}", sold / 100, sold % 100);
    let told = format!("completed orders cost {sold}, and the provider holds {sold}.\n");
    assert!(out.contains(&told), "{told} is missing in:\n{out}");
    let mut sent = BTreeMap::from([("chair", 0), ("desk", 0), ("lamp", 0)]);
    for order in completed {
        assert!(order.undone.is_empty(), "{out}");
        *sent.get_mut(order.item).unwrap() += order.pieces;
    }
    for (item, pieces) in sent {
        let told =
            format!(" of {item}, {pieces} are reserved, and {pieces} were sent to customers.");
        assert!(out.contains(&told), "{told} is missing in:\n{out}");
    }
    for order in orders.iter().filter(|order| order.done.last() != Some(&"completed")) {
        for (step, undo) in
            [("paid", "refunded"), ("reserved", "released"), ("shipping", "parcel stopped")]
        {
            assert_eq!(order.done.contains(&step), order.undone.contains(&undo), "{step}: {out}");
        }
        assert_eq!(order.undone.last(), Some(&"cancelled"), "{out}");
    }
    assert!(out.contains("Cancelled orders of which something is left: 0.\n"), "{out}");
    for why in ["the card was declined", "it was not shipped in time"] {
        assert!(out.contains(why), "{why:?} is missing in:\n{out}");
    }
    assert!(!out.contains("stuck"), "{out}");
}

#[test]
fn what_is_paid_reserved_and_shipped_adds_up_in_both_styles() {
    let ran = run("shop", [] as [&str; 0]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let (saga, policies) = ran.out.split_once("\nChoreography: ").unwrap();
    check(saga);
    check(policies);
    let (_, timeline) = saga.split_once("\nThe timeline of order-").unwrap();
    for told in [
        "hears order.placed\n",
        "- send payment.charge, to be undone by payment.refund\n",
        "payment.charge is accepted\n",
        "payment.refund is accepted\n",
        "order.cancel is accepted\n  it is compensated: ",
    ] {
        assert!(timeline.contains(told), "{told:?} is missing in:\n{timeline}");
    }
}

#[test]
fn a_wrong_command_line_is_told() {
    for wrong in [vec!["--help"], vec!["saga", "policies"], vec!["--orders", "0"]] {
        let ran = run("shop", wrong);
        let usage = "shop: usage: shop [saga | policies] [--orders N] [--seed N]\n";
        assert_eq!((ran.status, ran.err.as_str()), (Some(2), usage));
    }
}
