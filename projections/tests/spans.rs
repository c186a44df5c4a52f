//! What projections tell by the crate `tracing`.

#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use common::flaky::{Fault, FlakyRows};
use common::{World, append, append_noise, deposit};
use factum_core::store::{Commit, EventStore, Expected, Metadata, StreamWrite};
use factum_core::{Key, StreamName};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level};

/// A span or an event: level, name, fields.
#[derive(Clone, Debug)]
struct Told {
    level: Level,
    name: String,
    fields: BTreeMap<&'static str, String>,
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
struct Kept(Arc<Mutex<Vec<Told>>>, Arc<AtomicU64>);

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
        self.0.lock().unwrap().push(told);
        Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
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
    view.after(factum_core::Position::new(3)).all().await.unwrap();

    let (correlation, causation) = (Key::now_v7().uuid(), Key::now_v7().uuid());
    let meta = Metadata {
        correlation: Some(correlation),
        causation: Some(causation),
        ..Metadata::default()
    };
    for name in ["account.deposited", "account.robbed"] {
        let events =
            vec![common::raw(name, 1, if name == "account.robbed" { "null" } else { "1" })];
        let stream = StreamName::of("account", "alice").unwrap();
        let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
        let (meta, views) = (meta.clone(), Vec::new());
        let commit = Commit { key: Key::now_v7(), meta, writes, guard: None, views };
        let done = world.log.append(vec![commit]).await.unwrap().remove(0).unwrap();
        view.after(done.mark.position).all().await.unwrap();
    }
    let done = append(&*world.log, "alice", &[deposit(1)]).await;
    view.after(done).all().await.unwrap();
    runner.stop().await.unwrap();

    let spans = kept.named("factum.project");
    let of = |told: &Told, field: &str| told.fields.get(field).cloned().unwrap_or_default();
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
