//! What a server must be to hold a log, and what is said where it is not.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use factum_core::store::{Durability, EventStore, Expected, Query, StoreError};
use factum_redis_tests::{accepted, append, insist, one, read};
use factum_stores::RedisStore;
use factum_stores::redis::RedisOptions;
use factum_test_servers::{Redis, RedisSettings, required};

/// Why a store does not open.
async fn refused(options: RedisOptions, url: &str) -> String {
    match options.connect(url).await {
        Err(error @ StoreError::Open { .. }) => error.to_string(),
        other => panic!("a server that will not do is refused, not {other:?}"),
    }
}

/// What a server would lose is refused by the name of the setting, unless it is asked for.
#[tokio::test]
async fn durability_is_what_the_server_gives() {
    use Durability::{Process, Synced, Volatile};
    let on = RedisSettings::new();
    let cases = [
        (on.clone(), Synced, ""),
        (on.clone().set("appendfsync", "everysec"), Process, "`appendfsync` is `everysec`"),
        (on.clone().set("appendfsync", "no"), Process, "`appendfsync` is `no`"),
        (on.clone().set("appendonly", "no"), Volatile, "`appendonly` is not `yes`"),
    ];
    for (settings, gives, why) in cases {
        let Some(server) = required(Redis::with(settings)) else { return };
        let options = || RedisStore::options();
        if gives < Synced {
            let message = refused(options(), &server.url()).await;
            assert!(message.contains(why) && message.contains("`durability`"), "{message}");
        }
        let store = options().durability(gives).connect(server.url()).await.unwrap();
        assert_eq!(store.capabilities().durability, gives);
    }
}

/// A server that is set to lose more under a live store is noticed when the store connects again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_change_are_noticed() {
    let Some(server) = required(Redis::start()) else { return };
    let options = RedisStore::options().durability(Durability::Process);
    let store = options.connect(server.url()).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
    for (sync, works) in [("everysec", false), ("always", true)] {
        assert_eq!(server.ask(&["CONFIG", "SET", "appendfsync", sync]), "+OK");
        server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
        let next = one("a", Expected::Any);
        let told = loop {
            match append(&store, next.clone()).await {
                Err(error) if error.is_transient() => {}
                told => break told.map_err(|error| error.to_string()),
            }
        };
        assert_eq!(told.is_ok(), works, "{told:?}");
        assert!(works || told.unwrap_err().contains("`appendfsync` is `everysec`"));
    }
}

/// A server that throws keys away when its memory is full is refused.
#[tokio::test]
async fn an_evicting_server_is_refused() {
    let settings = RedisSettings::new().set("maxmemory-policy", "allkeys-lru");
    let Some(server) = required(Redis::with(settings)) else { return };
    let message = refused(RedisStore::options(), &server.url()).await;
    assert!(
        message.contains("`maxmemory-policy`") && message.contains("`noeviction`"),
        "{message}"
    );
}

/// Users who may not read the settings state them; users who may not write are told what they lack.
#[tokio::test]
async fn users_are_told_what_they_lack() {
    let Some(server) = required(Redis::start()) else { return };
    let rules = ["ACL", "SETUSER", "ann", "on", ">secret", "~{factum}:*", "+@all", "-config"];
    assert_eq!(server.ask(&rules), "+OK");
    let url = server.url().replace("redis://", "redis://ann:secret@");
    let message = refused(RedisStore::options(), &url).await;
    assert!(message.contains("`stated_durability`") && !message.contains("secret"), "{message}");
    let stated = || RedisStore::options().stated_durability(Durability::Synced);
    let store = stated().connect(&url).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
    // She may no longer do one of the things that an append does: nothing of it is done.
    assert_eq!(server.ask(&["ACL", "SETUSER", "ann", "-rpush"]), "+OK");
    let error = append(&store, one("a", Expected::Any)).await.unwrap_err().to_string();
    assert!(error.contains("RPUSH"), "{error}");
    assert_eq!(read(&store, &Query::All).await.len(), 1);
    assert_eq!(server.ask(&["ACL", "SETUSER", "ann", "+rpush"]), "+OK");
    assert_eq!(accepted(&store, one("a", Expected::Any)).await.writes[0].first, 1);
    let wrong = server.url().replace("redis://", "redis://ann:guess@");
    let message = refused(RedisStore::options(), &wrong).await;
    assert!(message.contains("password") && !message.contains("guess"), "{message}");
    assert!(refused(RedisStore::options(), "no address").await.contains("address"));
    assert_eq!(server.ask(&["CONFIG", "SET", "requirepass", "secret"]), "+OK");
    let message = refused(RedisStore::options(), &server.url()).await;
    let advice = ": the server asks for a password: put user and password into the address";
    assert!(message.ends_with(advice), "{message}");
}

/// Keys of another program in the place of ours are errors of those runs that need them, before
/// anything of them is written.
#[tokio::test]
async fn foreign_keys_are_left_alone() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    assert_eq!(server.ask(&["SET", "{factum}:s:thing-a", "x"]), "+OK");
    let error = append(&store, one("a", Expected::Any)).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let run = vec![one("b", Expected::NoStream), one("c", Expected::Any), one("a", Expected::Any)];
    let error = store.append(run).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    accepted(&store, one("b", Expected::NoStream)).await;
    assert_eq!(read(&store, &Query::All).await.len(), 1);
    assert_eq!(server.ask(&["XADD", "{other}:log", "1-0", "a", "b"]), "$3");
    let message = refused(RedisStore::options().log("other"), &server.url()).await;
    assert!(message.contains("{other}:log") && message.contains("another name"), "{message}");
    let second = RedisStore::options().log("second").connect(server.url()).await.unwrap();
    assert_eq!(second.head().await.unwrap().event, None);
}

/// An append waits for replicas where that is asked for; a replica is for reading alone, if that is
/// asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_have_what_is_acknowledged() {
    // A primary waits some seconds for more replicas by default.
    let settings = RedisSettings::new().set("repl-diskless-sync-delay", "0");
    let Some(server) = required(Redis::with(settings)) else { return };
    let waiting = RedisStore::options().replicas(1, Duration::from_millis(200));
    let store = waiting.connect(server.url()).await.unwrap();
    let alone = one("a", Expected::NoStream);
    let error = append(&store, alone.clone()).await.unwrap_err();
    assert!(error.outcome_unknown() && error.to_string().contains("`replicas`"), "{error}");
    let primary = format!("127.0.0.1 {}", server.port());
    let settings = RedisSettings::new().set("replicaof", &primary);
    let Some(replica) = required(Redis::with(settings)) else { return };
    assert!(insist(&store, alone).await.repeated);
    insist(&store, one("a", Expected::Revision(0))).await;
    let message = refused(RedisStore::options(), &replica.url()).await;
    assert!(message.contains("a replica") && message.contains("`read_only`"), "{message}");
    let on_replica = RedisStore::options().read_only().connect(replica.url()).await.unwrap();
    assert_eq!(read(&on_replica, &Query::All).await.len(), 2);
    let error = append(&on_replica, one("a", Expected::Any)).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

/// A server that becomes a replica under a live store is not read on, once an append has shown it.
#[tokio::test]
async fn a_primary_that_steps_down_is_left() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
    store.head().await.unwrap();
    // Nobody is there.
    assert_eq!(server.ask(&["REPLICAOF", "127.0.0.1", "1"]), "+OK");
    let error = append(&store, one("a", Expected::Any)).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    let error = store.head().await.unwrap_err();
    assert!(error.to_string().contains("a replica"), "{error}");
    assert_eq!(server.ask(&["REPLICAOF", "NO", "ONE"]), "+OK");
    accepted(&store, one("a", Expected::Revision(0))).await;
    assert_eq!(read(&store, &Query::All).await.len(), 2);
}

/// What is stored and then cannot be waited for is not said to be refused.
#[tokio::test]
async fn a_wait_that_is_refused_leaves_it_open_what_is_stored() {
    let Some(server) = required(Redis::start()) else { return };
    let rights = ["ACL", "SETUSER", "ann", "on", ">secret", "~{factum}:*", "+@all", "-wait"];
    assert_eq!(server.ask(&rights), "+OK");
    let url = server.url().replace("redis://", "redis://ann:secret@");
    let waiting = RedisStore::options().replicas(1, Duration::from_millis(50));
    let store = waiting.connect(&url).await.unwrap();
    let error = append(&store, one("a", Expected::NoStream)).await.unwrap_err();
    assert_eq!(read(&store, &Query::All).await.len(), 1);
    assert!(error.outcome_unknown(), "{error}");
    assert!(error.to_string().contains("`replicas`"), "{error}");
}

/// A socket of the file system is an address, too.
#[tokio::test]
async fn a_unix_socket_will_do() {
    let Some(server) = required(Redis::start()) else { return };
    let socket = server.files().with_file_name("socket");
    let socket = socket.to_str().unwrap();
    let settings = RedisSettings::new().set("unixsocket", socket);
    let Some(_other) = required(Redis::with(settings)) else { return };
    let store = RedisStore::connect(format!("unix://{socket}")).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
}

/// A closed store says so; what was queued is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_says_so() {
    let Some(server) = required(Redis::start()) else { return };
    let store = RedisStore::connect(server.url()).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
    store.close().await;
    store.close().await;
    assert!(matches!(store.head().await, Err(StoreError::Closed)));
    assert!(matches!(append(&store, one("a", Expected::Any)).await, Err(StoreError::Closed)));
}
