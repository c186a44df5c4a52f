//! What people do about instances of a running app.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_debug_implementations,
    reason = "test code"
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use factum::Sagas;
use factum::prelude::*;
use factum::saga::{Instance, Once, Status, Step, StepError, picture};
use tokio::time::timeout;

#[derive(Event)]
enum OrderEvent {
    #[event("order.placed")]
    Placed,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.place")]
struct Place {
    #[id]
    order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("payment.charge")]
struct Charge {
    #[id]
    order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("payment.refund")]
struct Refund {
    #[id]
    order: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "order", event = OrderEvent, error = Infallible, commands(Place))]
struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: &OrderEvent) {}
}

impl Handle<Place> for Order {
    fn handle(&self, _: &Place, _: &Context) -> Decision<Self> {
        emit(OrderEvent::Placed)
    }
}

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "paying", starts(OrderEvent::Placed), calls(Charge, Refund))]
struct Paying;

impl React<OrderEvent> for Paying {
    fn react(&mut self, _: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        undo(Refund { order: at.id().into() }).send(Charge { order: at.id().into() })
    }
}

/// Charges nobody, and refunds only once it is mended.
#[derive(Clone, Default)]
struct Provider {
    mended: Arc<AtomicBool>,
    refunds: Arc<AtomicU32>,
}

impl Step<Charge> for Provider {
    async fn run(&self, _: &Charge, _: &Once) -> Result<(), StepError> {
        Err(StepError::refused("no funds"))
    }
}

impl Step<Refund> for Provider {
    async fn run(&self, _: &Refund, once: &Once) -> Result<(), StepError> {
        assert_eq!(once.tried(), self.refunds.fetch_add(1, Ordering::SeqCst));
        match self.mended.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(StepError::refused("the account is closed")),
        }
    }
}

async fn ended(orders: &Sagas<Paying>, id: &str) -> Instance {
    orders.ended(id).await.unwrap()
}

async fn a_stuck_undo_is_tried_again() {
    let provider = Provider::default();
    let app = App::memory().aggregate::<Order>().saga::<Paying>();
    let app = app.step::<Charge>(provider.clone()).step::<Refund>(provider.clone());
    let app = app.start().await.unwrap();
    let placed = app.send(Place { order: "7".into() }).await.unwrap();
    let (orders, id) = (app.sagas::<Paying>(), placed.command.to_string());
    // What it gets stuck at is tried again as often as a person wants.
    for refunds in 1..4 {
        assert_eq!(ended(&orders, &id).await.status(), Status::Stuck);
        assert_eq!(provider.refunds.load(Ordering::SeqCst), refunds);
        provider.mended.store(refunds == 3, Ordering::SeqCst);
        orders.retry(&id, "alice").await.unwrap();
    }
    assert_eq!(ended(&orders, &id).await.status(), Status::Compensated);
    let timeline = orders.timeline(&id).await.unwrap();
    let lines: Vec<_> = timeline.iter().map(|moment| moment.event.to_string()).collect();
    let stuck = "stuck: payment.refund, which undoes, the account is closed";
    assert_eq!(lines[1], "command 1 refused: no funds; fails");
    assert_eq!(&lines[2..6], [stuck, "retry by alice", stuck, "retry by alice"]);
    assert_eq!(lines.last().unwrap(), "command 2 accepted");
    assert!(picture(&timeline).ends_with("Note over s: compensated\n"));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_stuck_undo_is_tried_again_as_often_as_it_takes() {
    timeout(Duration::from_secs(60), a_stuck_undo_is_tried_again()).await.unwrap();
}
