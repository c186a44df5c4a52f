//! What must be so at the end, found out without the code that is tested where that is possible.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use factum::saga::{Instance, Saga, SagaEvent, Status};
use factum::store::{EventStore, Recorded};
use factum::{App, Key, Stored};
use factum::{SagaRow, Sagas};

use super::history::events;
use super::run::{Cared, instances};
use super::{Client, Wish, World};
use crate::bank::{Account, Transfers};
use crate::shop::{Order, Orders};

/// # Panics
/// If anything is not as it should be.
pub async fn check(world: &World, app: &App, clients: &[Client], cared: &Cared) {
    let log = events(&world.log).await;
    answered_as_stored(clients, &log);
    let mut ended = HashMap::new();
    for (id, is_order) in instances(clients) {
        let instance = match is_order {
            true => lived_once(&app.sagas::<Orders>(), &id).await,
            false => lived_once(&app.sagas::<Transfers>(), &id).await,
        };
        let left = cared.left.contains(&id);
        let status = instance.status();
        assert_eq!(status == Status::Stuck, left, "{id}: {:?}", instance.reason());
        assert!(left || status.is_over(), "{id}: {status}");
        ended.insert(id, status);
    }
    money(app, clients, cared, &ended, &log).await;
    orders(world, app, clients, &ended, &log).await;
    rows(world, &app.sagas::<Transfers>()).await;
    rows(world, &app.sagas::<Orders>()).await;
}

/// Each command that was accepted is in the log once, and none that was rejected.
fn answered_as_stored(clients: &[Client], log: &[Recorded]) {
    let mut stored = HashSet::new();
    for event in log.iter().filter(|event| event.at.index == 0) {
        assert!(stored.insert(event.at.key), "commit {} is stored twice", event.at.key);
    }
    for client in clients {
        for (key, wish) in &client.accepted {
            let leads_to_events =
                matches!(wish, Wish::Deposit { .. } | Wish::Transfer { .. } | Wish::Restock { .. });
            assert!(!leads_to_events || stored.contains(key), "{wish:?} is lost");
        }
        for key in &client.rejected {
            assert!(!stored.contains(key), "{key} was rejected and stored");
        }
    }
}

/// An instance took in each cause once, and had each command answered once; nothing came after its
/// end.
async fn lived_once<S: Saga>(sagas: &Sagas<S>, id: &str) -> Instance {
    let timeline: Vec<Stored<SagaEvent>> = sagas.timeline(id).await.unwrap();
    let (mut causes, mut answers) = (HashSet::new(), HashSet::new());
    let mut folded = Instance::default();
    for moment in &timeline {
        assert!(!folded.status().is_over(), "{id}: {:?} came after the end", moment.event);
        match &moment.event {
            SagaEvent::Reacted(reacted) => {
                assert!(causes.insert(reacted.cause.id), "{id} reacted twice to one event");
            }
            SagaEvent::Answered(resolved) => {
                assert!(answers.insert(resolved.errand), "{id} was answered twice");
            }
            _ => {}
        }
        folded.apply(&moment.event);
    }
    assert_eq!(sagas.get(id).await.unwrap().as_ref(), Some(&folded), "{id}");
    folded
}

/// What came of a transfer's money, by its correlation: deposited at the target, and at the source.
async fn money(
    app: &App,
    clients: &[Client],
    cared: &Cared,
    ended: &HashMap<String, Status>,
    log: &[Recorded],
) {
    let mut deposits: HashMap<(String, String), u32> = HashMap::new();
    for event in log.iter().filter(|event| *event.name == *"account.deposited") {
        let belongs_to = event.at.correlation().to_string();
        *deposits.entry((belongs_to, event.at.id().to_owned())).or_default() += 1;
    }
    let (mut balances, mut paid_in, mut away) = (BTreeMap::new(), 0, 0);
    for (key, wish) in clients.iter().flat_map(|client| &client.accepted) {
        match wish {
            Wish::Deposit { account, cents } => {
                paid_in += cents;
                balances.insert(account.clone(), 0);
            }
            Wish::Open { account } => drop(balances.insert(account.clone(), 0)),
            Wish::Transfer { account, to, cents } => {
                let id = key.to_string();
                let at = |account: &String| {
                    let place = (id.clone(), account.clone());
                    deposits.get(&place).copied().unwrap_or_default()
                };
                let came = (at(to), at(account));
                // What was skipped or left may have been accepted, or not.
                if cared.left.contains(&id) || cared.skipped.contains(&id) {
                    assert!(came.0 + came.1 <= 1, "transfer {id} came {came:?} times");
                    away += if came == (0, 0) { *cents } else { 0 };
                } else {
                    let wanted = if ended[&id] == Status::Completed { (1, 0) } else { (0, 1) };
                    assert_eq!(came, wanted, "transfer {id} is {}", ended[&id]);
                }
            }
            _ => {}
        }
    }
    for (account, balance) in &mut balances {
        let loaded = app.events::<Account>().load(account).await.unwrap();
        *balance = loaded.map_or(0, |loaded| loaded.state.cents);
    }
    assert_eq!(balances.values().sum::<u64>() + away, paid_in, "money is not conserved");
}

async fn orders(
    world: &World,
    app: &App,
    clients: &[Client],
    ended: &HashMap<String, Status>,
    log: &[Recorded],
) {
    let book = world.provider.book();
    for (_, wish) in clients.iter().flat_map(|client| &client.accepted) {
        let Wish::Place { order, cents, .. } = wish else { continue };
        let completed = ended[order] == Status::Completed;
        let state = app.events::<Order>().load(order).await.unwrap().unwrap().state;
        let (charged, refunded) = book.of(order);
        let (reserved, released) =
            (stock(log, "stock.reserved", order), stock(log, "stock.released", order));
        let problem = format!(
            "{order} is {}: charged {charged}, refunded {refunded} of {cents}, reserved {reserved:?}, \
             released {released:?}, shipped {}, recalled {}",
            ended[order], state.shipped, state.recalled
        );
        let wanted = if completed { *cents } else { 0 };
        assert!(charged <= *cents && charged - refunded == wanted, "{problem}");
        assert!(calls(&book.charges, order) <= 1 && calls(&book.refunds, order) <= 1, "{problem}");
        assert!(state.shipped <= 1 && state.recalled <= state.shipped, "{problem}");
        assert_eq!(state.shipped - state.recalled, u32::from(completed), "{problem}");
        assert!(reserved.values().chain(released.values()).all(|times| *times == 1), "{problem}");
        assert_eq!(reserved.len() - released.len(), usize::from(completed), "{problem}");
    }
}

/// How often a piece of each item was reserved or released for an order.
fn stock(log: &[Recorded], name: &str, order: &str) -> BTreeMap<String, u32> {
    let mut items = BTreeMap::new();
    let of_order = format!("\"{order}\"");
    for event in log.iter().filter(|event| *event.name == *name) {
        if String::from_utf8_lossy(&event.payload).contains(&of_order) {
            *items.entry(event.at.id().to_owned()).or_default() += 1;
        }
    }
    items
}

/// How many calls, by idempotency key, there were about an order.
fn calls(book: &BTreeMap<String, BTreeMap<Key, u64>>, order: &str) -> usize {
    book.get(order).map_or(0, BTreeMap::len)
}

/// The rows show the instances as they are.
async fn rows<S: Saga>(world: &World, sagas: &Sagas<S>) {
    let head = world.log.head().await.unwrap().position;
    // Whoever had the rows before is dead, and his lease runs out.
    let rows = sagas.rows().after(head).within(Duration::from_secs(60));
    for row in rows.all().await.unwrap() {
        let instance = sagas.get(row.id()).await.unwrap().unwrap();
        assert_eq!(row.instance(), &instance, "the row of {}", row.id());
        assert!(row.status() == instance.status() && instance.status() != Status::New);
    }
    let stuck = rows.filter(SagaRow::STATUS.eq("stuck")).all().await.unwrap().len();
    let parked = sagas.inbox().parked().list(100).await.unwrap();
    assert!(stuck > 0 || parked.is_empty(), "parked: {parked:?}");
}
