//! What an instance must not be missing: events that older code cannot read, ids that name no instance,
//! and what is stuck beside others.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_debug_implementations,
    reason = "test code"
)]

use std::time::Duration;

use factum::prelude::*;
use factum::saga::Status;
use tokio::time::timeout;

#[derive(Event)]
enum OrderEvent {
    #[event("order.placed")]
    Placed,
    #[event("order.paid")]
    Paid,
    #[event("order.shipped")]
    Shipped,
}

/// The same context, as code knew it before orders were paid.
#[derive(Event)]
enum OldEvent {
    #[event("order.placed")]
    Placed,
    #[event("order.shipped")]
    Shipped,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.go")]
struct Go {
    #[id]
    order: String,
    step: u32,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.undo")]
struct Undo {
    #[id]
    order: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "order", event = OrderEvent, error = Never, commands(Go, Undo))]
struct Order;

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: &OrderEvent) {}
}

impl Handle<Go> for Order {
    fn handle(&self, cmd: &Go, _: &Context) -> Decision<Self> {
        emit(match cmd.step {
            0 => OrderEvent::Placed,
            1 => OrderEvent::Paid,
            _ => OrderEvent::Shipped,
        })
    }
}

impl Handle<Undo> for Order {
    fn handle(&self, _: &Undo, _: &Context) -> Decision<Self> {
        Err(Never)
    }
}

fn order_of<E>(_: &E, at: &Origin) -> Option<String> {
    Some(at.id().to_owned())
}

/// Hears all that becomes of an order.
#[derive(Saga, Default, Debug, PartialEq, Serialize, Deserialize)]
#[saga(name = "following", starts(OrderEvent::Placed), from(OrderEvent by order_of))]
struct Following(Vec<String>);

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "following", starts(OldEvent::Placed), from(OldEvent by order_of))]
struct OldFollowing(Vec<String>);

impl React<OrderEvent> for Following {
    fn react(&mut self, event: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        let (name, last) = match event {
            OrderEvent::Placed => ("placed", false),
            OrderEvent::Paid => ("paid", false),
            OrderEvent::Shipped => ("shipped", true),
        };
        self.0.push(name.to_owned());
        if last { complete() } else { nothing() }
    }
}

impl React<OldEvent> for OldFollowing {
    fn react(&mut self, event: &OldEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        let (name, last) = match event {
            OldEvent::Placed => ("placed", false),
            OldEvent::Shipped => ("shipped", true),
        };
        self.0.push(name.to_owned());
        if last { complete() } else { nothing() }
    }
}

async fn nothing_overtakes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.db");
    let app = App::open(&file).unwrap().aggregate::<Order>().start().await.unwrap();
    for step in 0..3 {
        app.send(Go { order: "7".into(), step }).await.unwrap();
    }
    app.stop().await.unwrap();
    let old = App::open(&file).unwrap().saga::<OldFollowing>().start().await.unwrap();
    // What comes behind the payment has been tried, too.
    while tries(&old).await < 4 && !is_over(&old).await {
        tokio::task::yield_now().await;
    }
    old.stop().await.unwrap();
    let new = App::open(&file).unwrap().saga::<Following>().start().await.unwrap();
    let instance = new.sagas::<Following>().ended("7").await.unwrap();
    let heard: Following = instance.state().unwrap().read().unwrap();
    assert_eq!(heard.0, ["placed", "paid", "shipped"]);
    new.stop().await.unwrap();
}

/// How often a delivery has failed.
async fn tries(app: &App) -> u64 {
    let status = app.status().await;
    let inbox = status.consumer("saga.following.inbox").unwrap();
    inbox.slices.iter().filter_map(|slice| slice.work.as_ref()).map(|work| work.retries).sum()
}

async fn is_over(app: &App) -> bool {
    let instance = app.sagas::<OldFollowing>().get("7").await.unwrap();
    instance.is_some_and(|instance| instance.status().is_over())
}

#[tokio::test]
async fn nothing_overtakes_an_event_that_older_code_cannot_read() {
    timeout(Duration::from_secs(60), nothing_overtakes()).await.unwrap();
}

fn nobody(_: &OrderEvent, _: &Origin) -> Option<String> {
    Some(String::new())
}

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "lost", starts(OrderEvent::Placed), from(OrderEvent by nobody))]
struct Lost;

impl React<OrderEvent> for Lost {
    fn react(&mut self, _: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        complete()
    }
}

async fn is_seen() {
    let app = App::memory().aggregate::<Order>().saga::<Lost>().start().await.unwrap();
    let placed = app.send(Go { order: "7".into(), step: 0 }).await.unwrap();
    let inbox = app.sagas::<Lost>().inbox();
    inbox.wait(placed.position).await.unwrap();
    let parked = inbox.parked().list(9).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert!(parked[0].problem.as_deref().unwrap().contains("id"), "{parked:?}");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn an_event_whose_id_can_name_no_instance_parks() {
    timeout(Duration::from_secs(60), is_seen()).await.unwrap();
}

/// Fails at once for all orders but those that are fine, and cannot be undone.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "failing", starts(OrderEvent::Placed), from(OrderEvent by order_of), sends(Undo))]
struct Failing;

impl React<OrderEvent> for Failing {
    fn react(&mut self, _: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        match at.id() {
            "fine" => complete(),
            order => undo(Undo { order: order.into() }).fail("so it is"),
        }
    }
}

async fn others_go_on() {
    let app = App::memory().aggregate::<Order>().saga::<Failing>().start().await.unwrap();
    for order in 0..1_001 {
        app.send(Go { order: order.to_string(), step: 0 }).await.unwrap();
    }
    let last = app.send(Go { order: "fine".into(), step: 0 }).await.unwrap();
    let sagas = app.sagas::<Failing>();
    sagas.inbox().wait(last.position).await.unwrap();
    assert_eq!(sagas.ended("fine").await.unwrap().status(), Status::Completed);
    assert_eq!(sagas.ended("1000").await.unwrap().status(), Status::Stuck);
    // They took it in: nothing waits for them.
    assert_eq!(sagas.inbox().parked().list(9).await.unwrap(), []);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn however_many_are_stuck_others_go_on() {
    timeout(Duration::from_secs(120), others_go_on()).await.unwrap();
}
