use std::fmt::Write;

use factum::store::{Direction, EventStore, Query, Range, Recorded};

/// Everything that is in a log, as text: two runs of one seed have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History(pub String);

impl History {
    pub async fn of(log: &impl EventStore) -> Self {
        let mut text = String::new();
        for Recorded { at, name, payload, .. } in events(log).await {
            let payload = String::from_utf8_lossy(&payload);
            let (position, time) = (at.position, at.time());
            writeln!(text, "{position} {time} {} {} {name} {payload}", at.stream, at.key).unwrap();
        }
        Self(text)
    }
}

/// Every event of a log, in order.
pub(super) async fn events(log: &impl EventStore) -> Vec<Recorded> {
    let mut events: Vec<Recorded> = Vec::new();
    loop {
        let after = events.last().map(|event| event.at.position).unwrap_or_default();
        let page = log.read(Query::All, Range::after(after), Direction::Forward, 1_000);
        let page = page.await.unwrap();
        events.extend(page.events);
        if !page.more {
            return events;
        }
    }
}
