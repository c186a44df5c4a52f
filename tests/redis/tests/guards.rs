//! Guards that look far back: what a round may not take so long for is searched before it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use factum_core::store::{
    Clause, Commit, Conflict, EventStore, Expected, Guard, Position, Query, Refused,
};
use factum_core::{Tag, Tags};
use factum_redis_tests::{accepted, named, one, read};
use factum_stores::RedisStore;
use factum_test_servers::{Redis, required};

fn guarded(commit: Commit, query: Query, after: Position) -> Commit {
    Commit { guard: Some(Guard { query, after }), ..commit }
}

/// A store that has not seen what another wrote judges a guard over all of it, in the middle of a run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_may_look_far_back() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let other = RedisStore::connect(server.url()).await.unwrap();
    let mut known = accepted(&store, one("a", Expected::NoStream)).await.mark.position;
    for round in 0..12 {
        if round == 10 {
            known =
                accepted(&other, named("a", Expected::Any, "other.happened")).await.mark.position;
        }
        let run = (0..500).map(|_| one("many", Expected::Any)).collect();
        assert!(other.append(run).await.unwrap().iter().all(Result::is_ok));
    }
    let never = || Query::context("never");
    // Both times: the second time the store knows how long the log is.
    for round in 0..2 {
        let run = vec![
            one("b", Expected::Any),
            guarded(one("b", Expected::Any), never(), Position::START),
            one("c", Expected::Any),
            guarded(one("b", Expected::Any), Query::context("other"), known),
            guarded(one("b", Expected::Any), Query::context("other"), Position::new(1)),
            one("b", Expected::Any),
            one("c", Expected::Any),
        ];
        let outcomes = store.append(run).await.unwrap();
        let sound = [0, 1, 2, 3, 6].map(|index| outcomes[index].clone().unwrap());
        assert!(sound.iter().all(|receipt| !receipt.repeated));
        assert_eq!(sound[3].writes[0].first, round * 3 + 2);
        let Err(Refused::Conflict(Conflict::Guard { found, .. })) = outcomes[4] else {
            panic!("{:?}", outcomes[4])
        };
        assert_eq!(found, known);
        assert_eq!(outcomes[5], Err(Refused::Predecessor { index: 4 }));
    }
    assert_eq!(read(&store, &Query::All).await.len(), 6002 + 10);
}

/// A guard by a tag that thousands of events carry which it does not forbid, all behind its position.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_may_pass_many_events_of_its_tag() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    let tags: Tags = [Tag::new("course", "rust").unwrap()].into_iter().collect();
    let tagged = |name| {
        let mut commit = named("a", Expected::Any, name);
        commit.writes[0].events[0].tags = tags.clone();
        commit
    };
    let clause = |context: &str| {
        let contexts = vec![context.to_owned()];
        Query::AnyOf(vec![Clause { contexts, tags: tags.clone(), ..Clause::default() }])
    };
    let first = accepted(&store, tagged("other.happened")).await.mark.position;
    for _ in 0..3 {
        let run = (0..500).map(|_| tagged("thing.happened")).collect();
        assert!(store.append(run).await.unwrap().iter().all(Result::is_ok));
    }
    let run = vec![
        one("b", Expected::Any),
        guarded(one("b", Expected::Any), clause("other"), first),
        guarded(one("c", Expected::Any), clause("thing"), first),
    ];
    let outcomes = store.append(run).await.unwrap();
    assert!(outcomes[0].is_ok() && outcomes[1].is_ok(), "{outcomes:?}");
    let Err(Refused::Conflict(Conflict::Guard { found, .. })) = outcomes[2] else {
        panic!("{:?}", outcomes[2])
    };
    assert_eq!(found.number(), first.number() + 1);
    let newest = store.head().await.unwrap().position;
    accepted(&store, guarded(one("c", Expected::Any), clause("thing"), newest)).await;
}
