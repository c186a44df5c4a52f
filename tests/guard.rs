//! An app whose store is guarded: what its callers and its views see of an outage.
#![cfg(feature = "guard")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use factum::prelude::*;
use factum::resilience::{BreakerSettings, OpenWait, RetrySettings, State};
use factum::stores::MemoryStore;
use factum::stores::faulty::{Faults, Faulty};
use factum::stores::guarded::{Guard, Operation, Waiting};
use factum::{AppBuilder, Key, StartError};

#[derive(Event, Clone, Debug, PartialEq)]
enum TillEvent {
    #[event("till.rung")]
    Rung { cents: u64 },
}

#[derive(Command, Serialize, Deserialize)]
#[command("till.ring")]
struct Ring {
    #[id]
    till: String,
    cents: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "till", event = TillEvent, error = Infallible, commands(Ring))]
struct Till {
    cents: u64,
}

impl Apply<TillEvent> for Till {
    fn apply(&mut self, event: &TillEvent) {
        let TillEvent::Rung { cents } = event;
        self.cents += cents;
    }
}

impl Handle<Ring> for Till {
    fn handle(&self, cmd: &Ring, _: &Context) -> Decision<Self> {
        emit(TillEvent::Rung { cents: cmd.cents })
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "takings", from(TillEvent))]
struct Taking {
    #[key]
    till: String,
    cents: u64,
}

impl Project<TillEvent> for Taking {
    fn project(&mut self, event: &TillEvent, _: &Origin) {
        let TillEvent::Rung { cents } = event;
        self.cents += cents;
    }
}

/// Breakers that open at two failures, for so long.
fn guard(open: Duration) -> Guard {
    let breaker = BreakerSettings {
        minimum_calls: 2,
        probes: 1,
        open_wait: OpenWait::always(open),
        ..BreakerSettings::default()
    };
    let retry =
        RetrySettings { attempts: 2, first: Duration::from_millis(1), ..Default::default() };
    let operation =
        Operation { breaker: Some(breaker), retry: Some(retry), ..Operation::default() };
    let [append, read, tail] = [operation.clone(), operation.clone(), operation];
    Guard { append, read, tail, ..Guard::default() }
}

fn app() -> (AppBuilder, Faulty) {
    let faulty = Faulty::new(Arc::new(MemoryStore::new()), 1);
    let app = App::with_store(faulty.clone()).aggregate::<Till>().projection::<Taking>();
    (app, faulty)
}

/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(3600);

/// Closes the breakers again, as an operator would.
fn close(app: &App) {
    let guarded = app.guarded().unwrap();
    let breakers = [guarded.append_breaker(), guarded.read_breaker(), guarded.tail_breaker()];
    breakers.into_iter().for_each(|breaker| breaker.reset());
}

fn ring(till: &str) -> Ring {
    Ring { till: till.to_owned(), cents: 5 }
}

#[tokio::test]
async fn commands_fail_at_once_while_the_store_is_away_and_views_go_on_after_it() {
    let (app, faulty) = app();
    let app = app.guard(guard(LONG)).start().await.unwrap();
    app.send(ring("one")).await.unwrap();
    faulty.set(Faults::DOWN);
    // Commands read before they append: either breaker may be the first.
    let error = loop {
        let error = app.send(ring("one")).await.unwrap_err();
        if error.retry_after().is_some() {
            break error;
        }
    };
    assert!(!error.outcome_unknown(), "{error}");

    faulty.heal();
    close(&app);
    let done = app.send(ring("one")).await.unwrap();
    let view = app.view::<Taking>().after(done.position).within(Duration::from_secs(60));
    assert_eq!(view.get("one").await.unwrap().unwrap().cents, 10);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_command_whose_answer_is_lost_is_done_once() {
    let (app, faulty) = app();
    let app = app.guard(guard(LONG)).start().await.unwrap();
    let id = Key::now_v7();
    faulty.set(Faults { after: 1.0, ..Faults::default() });
    let error = app.send(ring("one")).id(id).await.unwrap_err();
    faulty.heal();
    close(&app);
    // Its find may have been what failed; then it was never decided.
    let stored = app.store().head().await.unwrap().position.number();
    assert_eq!(error.outcome_unknown(), stored > 0, "{error}");
    app.send(ring("one")).id(id).await.unwrap();
    let till = app.events::<Till>().load("one").await.unwrap().unwrap();
    assert_eq!((till.state.cents, app.store().head().await.unwrap().position.number()), (5, 1));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn commands_may_wait_for_the_store_to_come_back() {
    let (app, _) = app();
    let queue = Some(Waiting { calls: 10, within: Duration::from_secs(60) });
    let short = guard(Duration::from_millis(50));
    let app = app.guard(Guard { queue, ..short }).start().await.unwrap();
    let append = app.guarded().unwrap().append_breaker().clone();
    append.transition_to(State::Open);
    app.send(ring("one")).await.unwrap();
    assert_eq!(append.state(), State::Closed);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_guard_that_makes_no_sense_does_not_start() {
    let (app, _) = app();
    let append = Operation { time_limit: Some(Duration::ZERO), ..Operation::default() };
    let error = app.guard(Guard { append, ..Guard::default() }).start().await.unwrap_err();
    assert!(matches!(error, StartError::Guard(_)));
    assert_eq!(
        error.to_string(),
        "the guard of the store: append.time_limit is 0s: it must be longer than nothing"
    );
}
