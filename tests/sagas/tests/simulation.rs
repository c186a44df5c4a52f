//! Thousands of transfers and orders in simulated time, through crashes and faults: each seed is one
//! history, which `FACTUM_SEED=… cargo test -p factum-saga-tests --test simulation` runs again.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use factum::stores::faulty::Faults;
use factum_saga_tests::sim::{
    Care, Client, Death, Ending, Lived, Place, Plan, Side, Wish, each_seed, simulate,
};

/// How many seeds are run.
const SEEDS: u64 = 2_000;

/// What has to happen in some seeds, lest the others prove nothing.
const HAPPENS: [&str; 14] = [
    "saga.postponed",
    "saga.fired",
    "saga.stalled",
    "may have been accepted all the same",
    "account.closed",
    "order.cancelled",
    "order.recalled",
    r#""fields":{"item":"spare""#,
    "stock.released",
    "the card was declined",
    "`run` panicked",
    r#""operation":"retry""#,
    r#""operation":"skip""#,
    r#""operation":"compensate""#,
];

#[test]
fn whatever_happens_all_is_done_once_or_undone() {
    let happened = Mutex::new(BTreeMap::new());
    let run = each_seed(SEEDS, |seed| {
        let history = simulate(seed, Plan::of(seed)).history.0;
        for what in HAPPENS.into_iter().filter(|what| history.contains(what)) {
            *happened.lock().unwrap().entry(what).or_insert(0) += 1;
        }
    });
    let happened = happened.into_inner().unwrap();
    assert!(run < SEEDS || happened.len() == HAPPENS.len(), "{happened:#?}");
}

/// Not where two nodes share a log: which of them comes first at one instant is not the seed's to say.
#[test]
fn a_seed_has_one_history() {
    each_seed(150, |seed| {
        if Plan::of(seed).place == Place::Shared {
            return;
        }
        let run = || simulate(seed, Plan::of(seed)).history.0;
        let (first, second) = (run(), run());
        let differ = first.lines().zip(second.lines()).find(|(one, other)| one != other);
        assert_eq!(differ, None);
        assert_eq!(first, second);
    });
}

/// A transfer of 20 from alice to somebody, whose account may be missing.
fn transfer(place: Place, to: &str, deaths: &[Death]) -> Lived {
    let [alice, bob] = ["alice", "bob"].map(str::to_owned);
    let wishes = [
        Wish::Open { account: bob },
        Wish::Open { account: alice.clone() },
        Wish::Deposit { account: alice.clone(), cents: 50 },
        Wish::Transfer { account: alice, to: to.to_owned(), cents: 20 },
    ];
    let ending = |death: &Death| Ending {
        death: *death,
        latest: Duration::from_secs(60),
        nap: (Duration::ZERO, Duration::ZERO),
    };
    let plan = Plan {
        place,
        lives: deaths.iter().map(ending).collect(),
        faults: Faults::default(),
        provider: (0.0, 0.0),
        clients: vec![Client::new(0, wishes)],
        person: vec![Care::Mend],
    };
    simulate(0, plan)
}

/// Tries the deaths at one call after another, until one comes too late.
fn each_death(mut dies: impl FnMut(Death) -> bool) -> u64 {
    let mut call = 0;
    loop {
        let outlived = [Side::Before, Side::After].map(|side| dies(Death { call, side }));
        if outlived == [true, true] {
            return call;
        }
        call += 1;
    }
}

#[test]
fn a_crash_at_any_call_leaves_no_transfer_half_done() {
    for (place, to) in [Place::Process, Place::Outside]
        .into_iter()
        .flat_map(|place| ["bob", "nobody"].map(|to| (place, to)))
    {
        let calls = each_death(|death| transfer(place, to, &[death]).outlived);
        // Each call that a transfer makes was died in; rows that are kept outside take more of them.
        let least = if place == Place::Process { 20 } else { 50 };
        assert!(calls >= least, "{place:?}, to {to}: {calls}");
    }
}

#[test]
fn two_crashes_at_any_calls_leave_no_transfer_half_done() {
    for to in ["bob", "nobody"] {
        each_death(|first| {
            let mut survived = false;
            each_death(|second| {
                survived = transfer(Place::Process, to, &[first, second]).outlived;
                survived
            });
            transfer(Place::Process, to, &[first]).outlived
        });
    }
}
