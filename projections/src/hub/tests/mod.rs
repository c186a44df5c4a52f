#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod simulation;
mod steps;

use std::sync::Arc;

use factum_core::store::{
    Commit, Direction, EventStore, Expected, Mark, Metadata, NewEvent, Position, Query, Range,
    StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tags};

use super::{Batch, Consumer, Hub};

const NAMES: [&str; 4] = ["red.lit", "green.lit", "blue.lit", "blue.dark"];
const CONTEXTS: [&str; 3] = ["red", "green", "blue"];

/// Appends a commit of events, whose names are these of [`NAMES`]; the mark of the last.
async fn append(log: &dyn EventStore, names: &[usize]) -> Mark {
    let event = |name: &usize| NewEvent {
        name: EventName::fixed(NAMES[*name]),
        version: 1,
        tags: Tags::none(),
        payload: b"{}".as_slice().into(),
    };
    let stream = StreamName::new("lamp-hall").unwrap();
    let events = names.iter().map(event).collect();
    let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
    let meta = Metadata::default();
    let commit = Commit { key: Key::now_v7(), meta, writes, guard: None, views: Vec::new() };
    log.append(vec![commit]).await.unwrap().remove(0).unwrap().mark
}

/// The positions of the events of these contexts after a mark, as the log itself has them.
async fn positions(log: &dyn EventStore, contexts: &[&str], after: Option<Mark>) -> Vec<u64> {
    let (mut range, mut found) = (after.map_or(Range::ALL, Range::since), Vec::new());
    loop {
        let query = Query::contexts(contexts.iter().copied());
        let page = log.read(query, range, Direction::Forward, 1000).await.unwrap();
        found.extend(page.events.iter().map(|event| event.at.position.number()));
        range = Range::since(page.complete_to);
        if !page.more {
            return found;
        }
    }
}

/// What a consumer has taken in.
struct Taken {
    consumer: Consumer,
    positions: Vec<u64>,
    reached: Position,
    mark: Option<Mark>,
}

impl Taken {
    fn new(consumer: Consumer) -> Self {
        Self { consumer, positions: Vec::new(), reached: Position::START, mark: None }
    }

    fn add(&mut self, batch: &Batch) {
        let events = batch.events();
        self.positions.extend(events.iter().map(|event| event.recorded().at.position.number()));
        assert!(batch.to().position >= self.reached, "it goes forward");
        assert!(events.iter().all(|event| event.recorded().at.position <= batch.to().position));
        (self.reached, self.mark) = (batch.to().position, Some(batch.to()));
    }

    async fn until(&mut self, position: Position) {
        while self.reached < position {
            let batch = self.consumer.next().await.unwrap();
            self.add(&batch);
        }
    }
}

fn hub(log: &Arc<dyn EventStore>) -> Hub {
    Hub::new(log.clone())
}
