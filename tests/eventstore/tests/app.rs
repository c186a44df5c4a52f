//! An app from its first command to what is there after everything was started again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use eventstore::{AppendToStreamOptions, Client, EventData, StreamState};
use factum::prelude::*;
use factum::{Key, SendError, StartError};
use factum_eventstore_tests::{Place, soon};

#[derive(Event, Clone, Debug, PartialEq)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
    #[event("account.deposited")]
    Deposited { cents: u64 },
}
use AccountEvent::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
    owner: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
struct Deposit {
    #[id]
    account: String,
    cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("there is no such account")]
struct Missing;

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = Missing, commands(Open, Deposit))]
struct Account {
    owner: Option<String>,
    cents: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened { owner } => self.owner = Some(owner.clone()),
            Deposited { cents } => self.cents += cents,
        }
    }
}

impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, _: &Context) -> Decision<Self> {
        emit(self.owner.is_none().then(|| Opened { owner: cmd.owner.clone() }))
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        require!(self.owner.is_some(), Missing);
        emit(Deposited { cents: cmd.cents })
    }
}

#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Balance {
    #[key]
    account: String,
    cents: u64,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, event: &AccountEvent, _: &Origin) {
        if let Deposited { cents } = event {
            self.cents += cents;
        }
    }
}

async fn start(place: &Place) -> App {
    let app = App::connect(&place.url()).await.unwrap();
    app.aggregate::<Account>().projection::<Balance>().start().await.unwrap()
}

fn open() -> Open {
    Open { account: "alice".into(), owner: "Alice".into() }
}

fn deposit(cents: u64) -> Deposit {
    Deposit { account: "alice".into(), cents }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_goes_on_where_it_ended() {
    let (place, id) = (Place::start().await, Key::now_v7());
    let app = start(&place).await;
    let refused = app.send(deposit(1)).await.unwrap_err();
    assert!(matches!(refused, SendError::Rejected(Missing)), "{refused}");
    app.send(open()).await.unwrap();
    let first = app.send(deposit(5)).id(id).await.unwrap();
    let mut tail = app.events::<Account>().tail(None);
    assert_eq!(soon(tail.next()).await.unwrap().unwrap().event, Opened { owner: "Alice".into() });
    let seen = soon(tail.next()).await.unwrap().unwrap();
    assert_eq!((&seen.event, seen.at.position), (&Deposited { cents: 5 }, first.position));
    app.stop().await.unwrap();

    let place = place.restart().await;
    let app = start(&place).await;
    let loaded = app.events::<Account>().load("alice").await.unwrap().unwrap();
    assert_eq!((loaded.state.cents, loaded.revision, loaded.mark), (5, 1, seen.at.mark()));
    let again = app.send(deposit(5)).id(id).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(
        (again.position, again.revision, &again.events),
        (first.position, first.revision, &first.events)
    );
    let mut tail = app.events::<Account>().tail(Some(seen.at.mark()));
    let next = app.send(deposit(7)).await.unwrap();
    let followed = soon(tail.next()).await.unwrap().unwrap();
    assert_eq!((followed.event, followed.at.position), (Deposited { cents: 7 }, next.position));
    let row = app.view::<Balance>().after(next.position).get("alice").await.unwrap();
    assert_eq!(row, Some(Balance { account: "alice".into(), cents: 12 }));
    app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_interrupts_nothing_but_what_is_sent_meanwhile() {
    let place = Place::start().await;
    let app = start(&place).await;
    app.send(open()).await.unwrap();
    let mut tail = app.events::<Account>().tail(None);
    soon(tail.next()).await.unwrap().unwrap();
    let place = place.restart().await;
    let id = Key::now_v7();
    // The connection of before may be found dead only when it is used.
    let done = soon(async {
        loop {
            match app.send(deposit(5)).id(id).await {
                Err(SendError::Store { .. } | SendError::Load { .. }) => {}
                done => break done.unwrap(),
            }
        }
    });
    let done = done.await;
    let followed = soon(tail.next()).await.unwrap().unwrap();
    assert_eq!((followed.event, followed.at.position), (Deposited { cents: 5 }, done.position));
    let row = app.view::<Balance>().after(done.position).get("alice").await.unwrap();
    assert_eq!(row, Some(Balance { account: "alice".into(), cents: 5 }));
    app.stop().await.unwrap();
    drop(place);
}

/// Other programs may write to the same stream: that is nothing to the aggregate.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_others_stops_nobody() {
    let place = Place::start().await;
    let app = start(&place).await;
    let url = format!("{}&discoveryInterval=1", place.url());
    let others = Client::new(url.parse().unwrap()).unwrap();
    let foreign = async || {
        let event = EventData::json("note.taken", &serde_json::json!({})).unwrap();
        let options = AppendToStreamOptions::default().stream_state(StreamState::Any);
        others.append_to_stream("account-alice", &options, event).await.unwrap();
    };
    foreign().await;
    app.send(open()).await.unwrap();
    for cents in [5, 7] {
        foreign().await;
        app.send(deposit(cents)).await.unwrap();
        app.send(deposit(cents)).await.unwrap();
    }
    let loaded = app.events::<Account>().load("alice").await.unwrap().unwrap();
    assert_eq!((loaded.state.cents, loaded.revision), (24, 7));
    app.stop().await.unwrap();
    let app = start(&place).await;
    assert_eq!(app.send(deposit(1)).await.unwrap().revision, Some(8));
    app.stop().await.unwrap();
}

#[derive(Event, Clone, Debug, PartialEq)]
enum SeatEvent {
    #[event("seat.taken")]
    Taken {
        #[tag]
        seat: String,
    },
}

#[derive(Command, Serialize, Deserialize)]
#[command("seat.take")]
struct Take {
    #[tag]
    seat: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "seat", event = SeatEvent, error = std::convert::Infallible, commands(Take),
            boundary(seat))]
struct Seat {
    seat: String,
}

impl Apply<SeatEvent> for Seat {
    fn apply(&mut self, _: &SeatEvent) {}
}

impl Handle<Take> for Seat {
    fn handle(&self, take: &Take, _: &Context) -> Decision<Self> {
        emit(SeatEvent::Taken { seat: take.seat.clone() })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_is_refused_by_name() {
    let place = Place::start().await;
    let app = App::connect(&place.url()).await.unwrap().aggregate::<Seat>();
    let error = app.start().await.unwrap_err();
    assert!(matches!(error, StartError::Unsupported { .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("Seat needs guards") && said.contains("eventstore store"), "{said}");
}
