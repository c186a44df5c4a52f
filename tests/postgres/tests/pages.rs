//! Pages are bounded in bytes as well as in events.
#![allow(clippy::unwrap_used)]

use factum_core::store::{Direction, Durability, EventStore, Position, Query, Range};
use factum_core::{Key, StreamName, Tag};
use factum_postgres_tests::{append, one};
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};

const EVENTS: usize = 30;
const MIB: usize = 1 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_events_come_in_small_pages() {
    let Some(server) = required(Postgres::start()) else { return };
    let options = PostgresStore::options().durability(Durability::Process).migrate();
    let store = options.connect(&server.url()).await.unwrap();
    let mut keys: Vec<Key> = Vec::new();
    for _ in 0..EVENTS {
        let mut commit = one("a", &["large:yes", "other:yes"]);
        commit.writes[0].events[0].payload = vec![b'x'; MIB].into();
        keys.push(commit.key);
        append(&store, commit).await.unwrap().unwrap();
    }
    let tag = |text| std::iter::once(Tag::parse(text).unwrap()).collect();
    let queries = [
        Query::All,
        Query::Stream(StreamName::of("thing", "a").unwrap()),
        Query::tagged(tag("large:yes")),
        Query::context("thing"),
    ];
    for query in queries {
        for direction in [Direction::Forward, Direction::Backward] {
            let (mut range, mut seen) = (Range::ALL, Vec::new());
            loop {
                let page = store.read(query.clone(), range, direction, 1000).await.unwrap();
                let bytes: usize = page.events.iter().map(|event| event.payload.len()).sum();
                assert!(bytes <= 9 * MIB, "{query}: {bytes} bytes in a page");
                seen.extend(page.events.iter().map(|event| event.at.key));
                if !page.more {
                    break;
                }
                let last = page.events.last().unwrap().at.position.number();
                range = match direction {
                    Direction::Forward => Range::since(page.complete_to),
                    Direction::Backward => Range::ALL.through(Position::new(last - 1)),
                };
            }
            if direction == Direction::Backward {
                seen.reverse();
            }
            assert_eq!(seen, keys, "{query} {direction:?}");
        }
    }
    store.close().await;
}
