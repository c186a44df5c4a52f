use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use factum::App;
use factum::Sagas;
use factum::saga::{Instance, Saga, Status};
use factum::stores::faulty::Faults;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::plan::{Care, Ending};
use super::seeds::chosen;
use super::{Client, History, Life, Plan, Wish, World, check};
use crate::bank::{Open, Transfers};
use crate::shop::Orders;

/// More time than any simulation takes.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// What a person did that keeps an instance from its usual end.
#[derive(Debug, Default)]
pub struct Cared {
    /// Those whose undo was skipped.
    pub skipped: Vec<String>,
    /// Those that were left stuck.
    pub left: Vec<String>,
}

/// What a simulation came to.
#[derive(Debug)]
pub struct Lived {
    pub history: History,
    /// Whether all was done before a process died, so that no death is left to be tried.
    pub outlived: bool,
}

/// Simulates a plan in a runtime of its own; `seed` is that of the dice. What was written goes to the
/// terminal if a seed was chosen and fails.
///
/// # Panics
/// If anything is not as it should be.
pub fn simulate(seed: u64, plan: Plan) -> Lived {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let world = runtime.block_on(async { World::new(seed, &plan) });
    let lived = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let done = timeout(FOR_EVER, run(&world, plan)).await;
            done.expect("it hangs")
        })
    }));
    let history = runtime.block_on(History::of(&world.log));
    match lived {
        Ok(outlived) => Lived { history, outlived },
        Err(panic) => {
            if chosen().is_some() {
                eprintln!("{}", history.0);
            }
            resume_unwind(panic);
        }
    }
}

async fn run(world: &World, plan: Plan) -> bool {
    let Plan { lives, faults, mut clients, person, .. } = plan;
    let mut outlived = false;
    for ending in lives {
        // What hangs is let go, as the process has died.
        world.set(faults);
        outlived = live(world, ending, &mut clients).await;
        if outlived {
            break;
        }
        sleep(Duration::from_millis(500)).await;
    }
    world.set(Faults::default());
    world.provider.set(0.0);
    let life = Life::new(None);
    let app = world.start(&life).await;
    work(world, &app, &mut clients).await;
    let cared = care(&app, &clients, &person).await;
    check(world, &app, &clients, &cared).await;
    assert!(!life.is_overrun(), "it goes round in circles");
    app.stop().await.unwrap();
    outlived
}

/// A process until it dies, or two that share the log, of which one dies and leaves its part to the other,
/// or all is done; whether all is done.
async fn live(world: &World, ending: Ending, clients: &mut [Client]) -> bool {
    let (life, other) = (Life::new(Some(ending.death)), Life::new(None));
    let process = async {
        let _standby = match world.is_shared() {
            true => Some(world.start(&life).await),
            false => None,
        };
        let app = world.start(if world.is_shared() { &other } else { &life }).await;
        let nap = async {
            sleep(ending.nap.0).await;
            if world.is_shared() {
                life.sleep(Instant::now() + ending.nap.1);
            }
        };
        tokio::join!(biased; nap, work(world, &app, clients));
    };
    let done = tokio::select! {
        biased;
        () = life.ended(), if !world.is_shared() => false,
        () = sleep(ending.latest) => false,
        () = process => true,
    };
    assert!(!life.is_overrun() && !other.is_overrun(), "it goes round in circles");
    life.end();
    other.end();
    done
}

/// Has the clients get what they want, and waits until no saga goes on by itself.
async fn work(world: &World, app: &App, clients: &mut [Client]) {
    join_all(clients.iter_mut().map(|client| client.run(app, &world.clock))).await;
    for (transfer, order) in instances(clients) {
        match order {
            true => drop(ended(&app.sagas::<Orders>(), &transfer).await),
            false => drop(ended(&app.sagas::<Transfers>(), &transfer).await),
        }
    }
}

/// The instances that must have begun, each with whether it is an order.
pub(super) fn instances(clients: &[Client]) -> Vec<(String, bool)> {
    let accepted = clients.iter().flat_map(|client| &client.accepted);
    let begun = accepted.filter_map(|(key, wish)| match wish {
        Wish::Transfer { .. } => Some((key.to_string(), false)),
        Wish::Place { order, .. } => Some((order.clone(), true)),
        _ => None,
    });
    begun.collect()
}

/// An instance that has ended or is stuck.
async fn ended<S: Saga>(sagas: &Sagas<S>, id: &str) -> Instance {
    loop {
        match sagas.ended(id).await {
            Ok(instance) => return instance,
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// A person looks after what is stuck.
async fn care(app: &App, clients: &[Client], person: &[Care]) -> Cared {
    let (mut cared, mut person) = (Cared::default(), person.iter().copied());
    for (id, is_order) in instances(clients) {
        if is_order {
            let orders = app.sagas::<Orders>();
            while ended(&orders, &id).await.status() == Status::Stuck {
                orders.retry(&id, "a person").await.unwrap();
            }
            continue;
        }
        let transfers = app.sagas::<Transfers>();
        while ended(&transfers, &id).await.status() == Status::Stuck {
            match person.next().unwrap_or(Care::Mend) {
                Care::Retry => transfers.retry(&id, "a person").await.unwrap(),
                Care::Skip => {
                    transfers.skip(&id, "a person").await.unwrap();
                    cared.skipped.push(id.clone());
                }
                Care::Leave => {
                    cared.left.push(id.clone());
                    break;
                }
                Care::Mend => {
                    let account = source(clients, &id);
                    app.send(Open { account }).await.unwrap();
                    transfers.retry(&id, "a person").await.unwrap();
                }
            }
        }
    }
    cared
}

/// The account that the money of a transfer came from.
fn source(clients: &[Client], id: &str) -> String {
    let mut accepted = clients.iter().flat_map(|client| &client.accepted);
    let transfer = accepted.find_map(|(key, wish)| match wish {
        Wish::Transfer { account, .. } if key.to_string() == id => Some(account.clone()),
        _ => None,
    });
    transfer.unwrap()
}
