//! What projections and subscribers tell by the crate `tracing`.

#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use common::deliveries::{Act, Actor, follow, reach};
use common::flaky::{Fault, FlakyRows};
use common::{World, append, append_noise, deposit};
use factum_core::store::{Commit, EventStore, Expected, Metadata, Position, StreamWrite};
use factum_core::{Key, StreamName};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level};
use uuid::Uuid;

/// A span or an event: level, name, fields.
#[derive(Clone, Debug)]
struct Told {
    level: Level,
    name: String,
    fields: BTreeMap<&'static str, String>,
}

impl Told {
    fn of(&self, field: &str) -> String {
        self.fields.get(field).cloned().unwrap_or_default()
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Told>>>);

impl Kept {
    fn named(&self, name: &str) -> Vec<Told> {
        let told = self.0.lock().unwrap();
        told.iter().filter(|told| told.name == name).cloned().collect()
    }
}

impl tracing::Subscriber for Kept {
    fn enabled(&self, of: &tracing::Metadata<'_>) -> bool {
        of.target() == "factum"
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let (level, name) = (*span.metadata().level(), span.metadata().name().to_owned());
        let mut told = Told { level, name, fields: BTreeMap::new() };
        span.record(&mut told);
        // Its number is its place; 0 is none.
        let mut kept = self.0.lock().unwrap();
        kept.push(told);
        Id::from_u64(kept.len() as u64)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let place = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut self.0.lock().unwrap()[place]);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let level = *event.metadata().level();
        let mut told = Told { level, name: String::new(), fields: BTreeMap::new() };
        event.record(&mut told);
        told.name = told.fields.remove("message").unwrap();
        self.0.lock().unwrap().push(told);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What says to what correlation and causation events belong.
fn belonging() -> (Metadata, [Uuid; 2]) {
    let [correlation, causation] = [(); 2].map(|()| Key::now_v7().uuid());
    let meta = Metadata {
        correlation: Some(correlation),
        causation: Some(causation),
        ..Metadata::default()
    };
    (meta, [correlation, causation])
}

/// Appends an event to the stream of alice.
async fn append_one(log: &dyn EventStore, name: &'static str, meta: &Metadata) -> Position {
    let events = vec![common::raw(name, 1, if name == "account.robbed" { "null" } else { "1" })];
    let stream = StreamName::of("account", "alice").unwrap();
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
    let (meta, views) = (meta.clone(), Vec::new());
    let commit = Commit { key: Key::now_v7(), meta, writes, guard: None, views };
    log.append(vec![commit]).await.unwrap().remove(0).unwrap().mark.position
}

#[tokio::test(start_paused = true)]
async fn commits_and_parked_events_say_what_they_belong_to() {
    let kept = Kept::default();
    let _kept = tracing::subscriber::set_default(kept.clone());
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse]));
    let [_, world] = World::each();
    let world = World { rows: Some(rows), ..world };
    append_noise(&*world.log).await;
    append(&*world.log, "bob", &[deposit(1), deposit(1)]).await;
    let (mut runner, view) = world.start().await;
    view.after(Position::new(3)).all().await.unwrap();

    let (meta, [correlation, causation]) = belonging();
    for name in ["account.deposited", "account.robbed"] {
        let done = append_one(&*world.log, name, &meta).await;
        view.after(done).all().await.unwrap();
    }
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    view.after(done).all().await.unwrap();
    runner.stop().await.unwrap();

    let spans = kept.named("factum.project");
    let of = Told::of;
    assert_eq!((spans[0].level, of(&spans[0], "events").as_str()), (Level::DEBUG, "2"));
    assert_eq!((of(&spans[0], "from").as_str(), of(&spans[0], "to").as_str()), ("0", "3"));
    assert_eq!(of(&spans[0], "correlation"), "", "there are several");
    assert_eq!(
        (of(&spans[0], "view").as_str(), of(&spans[0], "slice").as_str()),
        ("balances version 1", "0")
    );
    let alone = spans.iter().find(|span| of(span, "to") == "4").unwrap();
    assert_eq!(of(alone, "correlation"), correlation.to_string());
    assert_eq!(of(alone, "causation"), causation.to_string());

    let parked = kept.named("an event is parked");
    assert_eq!((parked.len(), parked[0].level), (1, Level::WARN));
    assert_eq!(of(&parked[0], "position"), "5");
    assert_eq!(of(&parked[0], "stream"), "account-alice");
    assert_eq!(of(&parked[0], "event"), "account.robbed");
    assert!(of(&parked[0], "problem").contains("the bank was robbed"), "{parked:?}");
    assert_eq!(of(&parked[0], "correlation"), correlation.to_string());
    assert_eq!(of(&parked[0], "causation"), causation.to_string());
    let behind = kept.named("an event is parked behind another one");
    assert_eq!(
        (behind.len(), behind[0].level, of(&behind[0], "position").as_str()),
        (1, Level::DEBUG, "6")
    );

    let trouble = kept.named("a projection tries again what failed");
    assert_eq!((trouble.len(), trouble[0].level), (1, Level::WARN));
    assert!(of(&trouble[0], "error").contains("it fell over"), "{trouble:?}");
    assert_eq!(kept.named("the work on a slice is over").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_delivery_says_what_it_belongs_to_and_what_became_of_it() {
    let kept = Kept::default();
    let _kept = tracing::subscriber::set_default(kept.clone());
    let rows = Arc::new(FlakyRows::new(vec![Fault::Refuse]));
    let [_, world] = World::each();
    let actor = Actor::new(|at, tries| match (at.position.number(), tries) {
        (1, 1) => Act::Fail,
        (2, 1) => Act::Refuse,
        _ => Act::Done,
    });
    let mails = actor.subscriber("mails");
    let (mut runner, subscription) = follow(mails, world.log.clone(), Some(rows)).await;
    let (meta, [correlation, causation]) = belonging();
    for name in ["account.deposited", "account.robbed"] {
        append_one(&*world.log, name, &meta).await;
    }
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    reach(&subscription, done).await;
    assert_eq!(subscription.parked().retry().await.unwrap().taken, 2);
    runner.stop().await.unwrap();

    let spans = kept.named("factum.deliver");
    let tries: Vec<_> =
        spans.iter().map(|span| (span.of("position"), span.of("attempt"))).collect();
    let expected = [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2"), ("3", "1")];
    assert_eq!(tries, expected.map(|(at, attempt)| (at.to_owned(), attempt.to_owned())));
    let errors: Vec<_> = spans.iter().map(|span| span.of("error")).collect();
    assert_eq!(errors, ["it is away", "", "no such address", "", ""]);
    let first = &spans[0];
    assert_eq!((first.level, first.of("consumer").as_str()), (Level::DEBUG, "mails"));
    assert_eq!((&*first.of("event"), &*first.of("stream")), ("account.deposited", "account-alice"));
    assert_eq!(first.of("correlation"), correlation.to_string());
    assert_eq!(first.of("causation"), causation.to_string());
    assert_eq!(spans[4].of("causation"), "");

    let again = kept.named("a delivery failed and is tried again");
    assert_eq!((again.len(), again[0].level), (1, Level::WARN));
    assert_eq!((&*again[0].of("problem"), &*again[0].of("position")), ("it is away", "1"));
    let parked = kept.named("an event is parked");
    assert_eq!((parked.len(), parked[0].level), (1, Level::WARN));
    assert_eq!((&*parked[0].of("consumer"), &*parked[0].of("position")), ("mails", "2"));
    assert_eq!(parked[0].of("problem"), "no such address");
    assert_eq!(parked[0].of("correlation"), correlation.to_string());
    let behind = kept.named("an event is parked behind another one");
    assert_eq!((behind.len(), &*behind[0].of("position")), (1, "3"));
    let trouble = kept.named("a subscriber tries again what failed");
    assert!(trouble.len() == 1 && trouble[0].of("error").contains("it fell over"), "{trouble:?}");
    assert_eq!(kept.named("the work of a subscriber is over").len(), 1);
}
