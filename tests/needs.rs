//! What an app needs and its store lacks is refused when it starts, by name.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use factum::StartError;
use factum::prelude::*;
use factum::store::{
    BoxFuture, Capabilities, Commit, Direction, EventStore, Mark, Outcome, Page, Query, Range,
    Receipt, StoreError, Tail,
};
use factum::stores::MemoryStore;
use factum::{Key, StreamName};

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

/// A store that has no guards.
#[derive(Debug)]
struct Unguarded(MemoryStore);

impl EventStore for Unguarded {
    fn append(&self, run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        self.0.append(run)
    }

    fn read(
        &self,
        query: Query,
        range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.0.read(query, range, direction, limit)
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.0.tail(query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        self.0.head()
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        self.0.find(key, near)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { backend: "unguarded", guards: false, ..self.0.capabilities() }
    }
}

#[tokio::test]
async fn a_boundary_needs_guards() {
    let app = App::with_store(Unguarded(MemoryStore::new())).aggregate::<Seat>();
    let error = app.start().await.unwrap_err();
    assert!(matches!(error, StartError::Unsupported { backend: "unguarded", .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("Seat needs guards") && said.contains("unguarded store"), "{said}");
    App::memory().aggregate::<Seat>().start().await.unwrap().stop().await.unwrap();
}
