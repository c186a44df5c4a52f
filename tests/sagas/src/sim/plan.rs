use std::time::Duration;

use factum::stores::faulty::Faults;
use fastrand::Rng;

use super::{Client, Death, Place, Side, Wish};
use crate::shop::HOUR;

/// What happens in the simulation of a seed.
#[derive(Debug)]
pub struct Plan {
    pub place: Place,
    /// How the lives of the processes end, one after another; the last has no end.
    pub lives: Vec<Ending>,
    pub faults: Faults,
    /// How often the provider of payments fails, and how often a card is declined.
    pub provider: (f64, f64),
    pub clients: Vec<Client>,
    /// What a person does about what is stuck.
    pub person: Vec<Care>,
}

/// How the life of a process ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    pub death: Death,
    /// After so long at the latest.
    pub latest: Duration,
    /// When it sleeps, and for how long, where others may take over meanwhile.
    pub nap: (Duration, Duration),
}

/// What a person does about an instance that is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Mends what it is stuck at, then has it tried again.
    Mend,
    /// Has it tried again without mending it.
    Retry,
    Skip,
    Leave,
}

impl Plan {
    /// That of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let place = [Place::Process, Place::Outside, Place::Shared][rng.usize(..3)];
        // Nothing goes wrong, some things, or most.
        let roughness = [0.0, 0.1, 0.1, 0.5][rng.usize(..4)];
        let chance = |rng: &mut Rng, most: f64| rng.f64() * most * roughness;
        let faults = Faults {
            before: chance(&mut rng, 1.0),
            after: chance(&mut rng, 1.0),
            hang: chance(&mut rng, 0.02),
            delay: chance(&mut rng, 1.0),
            delay_by: Duration::from_millis(rng.u64(1..400)),
            storm: chance(&mut rng, 0.2),
            storm_appends: rng.u32(1..12),
            flap: None,
        };
        let lives = (0..rng.usize(..4)).map(|_| ending(&mut rng)).collect();
        let provider = (chance(&mut rng, 2.0), chance(&mut rng, 1.0));
        let clients = clients(&mut rng);
        let cares = [Care::Mend, Care::Mend, Care::Mend, Care::Retry, Care::Skip, Care::Leave];
        let person = (0..16).map(|_| cares[rng.usize(..cares.len())]).collect();
        Self { place, lives, faults, provider, clients, person }
    }
}

fn ending(rng: &mut Rng) -> Ending {
    // Early calls are those of the start.
    let most = *rng.choice(&[40, 150, 600]).unwrap();
    let side = if rng.bool() { Side::Before } else { Side::After };
    let millis = |rng: &mut Rng, range| Duration::from_millis(rng.u64(range));
    Ending {
        death: Death { call: rng.u64(..most), side },
        latest: Duration::from_secs(rng.u64(5..60)),
        nap: (millis(rng, 0..8_000), millis(rng, 0..25_000)),
    }
}

fn clients(rng: &mut Rng) -> Vec<Client> {
    let accounts: Vec<_> = (0..rng.usize(2..5)).map(|number| format!("account{number}")).collect();
    let mut lists = vec![opening(rng, &accounts)];
    for _ in 0..rng.usize(1..4) {
        lists.push((0..rng.usize(1..5)).flat_map(|_| banking(rng, &accounts)).collect());
    }
    for number in 0..rng.usize(1..4) {
        lists.push(shopping(rng, &format!("order{number}")));
    }
    lists.into_iter().enumerate().map(|(number, list)| Client::new(number, list)).collect()
}

fn opening(rng: &mut Rng, accounts: &[String]) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for item in ["lamp", "spare"] {
        wishes.push(Wish::Restock { item: item.to_owned(), pieces: rng.u64(..3) });
    }
    for account in accounts {
        // Some are never opened, so that what is sent there comes back.
        if rng.u8(..5) > 0 {
            wishes.push(Wish::Open { account: account.clone() });
            wishes.push(Wish::Deposit { account: account.clone(), cents: rng.u64(50..500) });
        }
    }
    wishes
}

fn banking(rng: &mut Rng, accounts: &[String]) -> Vec<Wish> {
    let (from, to) = (rng.usize(..accounts.len()), rng.usize(1..accounts.len()));
    let account = accounts[from].clone();
    let to = accounts[(from + to) % accounts.len()].clone();
    let wait = Wish::Wait(Duration::from_millis(rng.u64(..1_500)));
    let wish = match rng.u8(..10) {
        0 => Wish::Close { account },
        1 => Wish::Open { account },
        _ => Wish::Transfer { account, to, cents: rng.u64(1..120) },
    };
    vec![wait, wish]
}

fn shopping(rng: &mut Rng, order: &str) -> Vec<Wish> {
    let (order, item) = (order.to_owned(), "lamp".to_owned());
    let wait = |rng: &mut Rng| Wish::Wait(Duration::from_millis(rng.u64(..4_000)));
    let mut wishes = vec![wait(rng)];
    wishes.push(Wish::Place { order: order.clone(), item, cents: rng.u64(1..100) });
    match rng.u8(..8) {
        0 => wishes.extend([wait(rng), Wish::Skip(HOUR)]),
        1 => wishes.extend([wait(rng), Wish::Skip(HOUR / 2), wait(rng), Wish::Skip(HOUR / 2)]),
        2 | 3 => wishes.extend([wait(rng), Wish::Cancel { order }]),
        4 => wishes.extend([wait(rng), Wish::GiveUp { order }]),
        _ => {}
    }
    wishes
}
