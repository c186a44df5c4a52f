//! Measures the PostgreSQL store beside a group commit written by hand, on a server of its own.
//!
//! `cargo run --release -p factum-postgres-tests --example postgres_measure [seconds [events [setting…]]]`
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement fails by panicking"
)]

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use factum_core::store::{
    Commit, Direction, Durability, EventStore, Expected, Guard, Metadata, NewEvent, Position,
    Query, Range, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tag, Tags};
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const STREAMS: u64 = 10_000;
const BYTES: usize = 256;

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn tags(text: &str) -> Tags {
    std::iter::once(Tag::parse(text).unwrap()).collect()
}

fn commit(stream: u64, expected: Expected, tags: Tags) -> Commit {
    let payload = Bytes::from(vec![b'x'; BYTES]);
    let event = NewEvent { name: EventName::fixed("account.credited"), version: 1, tags, payload };
    let stream = StreamName::of("account", &format!("{stream:08}")).unwrap();
    let meta = Metadata { actor: Some("somebody".into()), ..Metadata::default() };
    let writes = vec![StreamWrite { stream, expected, events: vec![event] }];
    Commit { key: Key::now_v7(), meta, writes, guard: None }
}

/// Commits a second of so many writers.
async fn rate<F>(writers: u64, time: Duration, append: impl Fn(u64, u64) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    let append = &append;
    for writer in 0..writers {
        let done = Arc::clone(&done);
        let mut round = 0;
        tasks.push(async move {
            while begun.elapsed() < time {
                append(writer, round).await;
                round += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    futures_util::future::join_all(tasks).await;
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// Each writer appends to streams of its own, with the exact revision.
async fn store_rate(stores: &[Arc<PostgresStore>], writers: u64, time: Duration, base: u64) -> f64 {
    rate(writers, time, |writer, round| {
        let store = Arc::clone(&stores[writer as usize % stores.len()]);
        let own = STREAMS / writers;
        let stream = base + writer * own + round % own;
        let expected = (round / own).checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        async move {
            let commit = commit(stream, expected, Tags::none());
            store.append(vec![commit]).await.unwrap().remove(0).unwrap();
        }
    })
    .await
}

type Line = (String, i64, Uuid, Bytes, oneshot::Sender<()>);

/// The same rows, by a statement that only inserts.
async fn bare_rate(url: &str, schema: &str, writers: u64, time: Duration) -> f64 {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
        .batch_execute(&format!(
            "drop schema if exists {schema} cascade; create schema {schema};
             create table {schema}.events (like factum.events including all)"
        ))
        .await
        .unwrap();
    let sql = format!(
        "insert into {schema}.events (log, position, revision, stamp, index, size, version, key, time,
             actor, stream, name, payload)
         select 1, $1 + n, e.revision, 7, 0, 1, 1, e.key, 0, 'somebody', e.stream, 'account.credited',
             e.payload
         from unnest($2::text[], $3::int8[], $4::uuid[], $5::bytea[])
             with ordinality e(stream, revision, key, payload, n)"
    );
    let insert = client.prepare(&sql).await.unwrap();
    let (send, mut lines) = mpsc::channel::<Line>(1024);
    tokio::spawn(async move {
        let (mut taken, mut position) = (Vec::new(), 0_i64);
        while lines.recv_many(&mut taken, 512).await > 0 {
            let streams: Vec<&str> = taken.iter().map(|line| line.0.as_str()).collect();
            let revisions: Vec<i64> = taken.iter().map(|line| line.1).collect();
            let keys: Vec<Uuid> = taken.iter().map(|line| line.2).collect();
            let payloads: Vec<&[u8]> = taken.iter().map(|line| &line.3[..]).collect();
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                [&position, &streams, &revisions, &keys, &payloads];
            client.execute(&insert, &values).await.unwrap();
            position += taken.len() as i64;
            for line in taken.drain(..) {
                let _ = line.4.send(());
            }
        }
    });
    rate(writers, time, |writer, round| {
        let send = send.clone();
        let own = STREAMS / writers;
        let stream = writer * own + round % own;
        async move {
            let commit = commit(stream, Expected::Any, Tags::none());
            let (reply, told) = oneshot::channel();
            let write = &commit.writes[0];
            let (stream, payload) = (write.stream.to_string(), write.events[0].payload.clone());
            let line = (stream, (round / own) as i64, commit.key.uuid(), payload, reply);
            send.send(line).await.unwrap();
            told.await.unwrap();
        }
    })
    .await
}

/// One writer, whose commits have a guard by tag, or check a stream.
async fn guards(store: &Arc<PostgresStore>, time: Duration, base: u64, guard: bool) -> f64 {
    let after = store.head().await.unwrap().position;
    rate(1, time, |_, round| {
        let store = Arc::clone(store);
        async move {
            let tag = tags(&format!("seat:{}", base + round));
            let mut commit = commit(base + round, Expected::NoStream, tag.clone());
            if guard {
                commit.writes[0].expected = Expected::Any;
                commit.guard = Some(Guard { query: Query::tagged(tag), after });
            }
            store.append(vec![commit]).await.unwrap().remove(0).unwrap();
        }
    })
    .await
}

async fn read(store: &PostgresStore, query: Query, after: Position, most: usize) -> (usize, f64) {
    let begun = Instant::now();
    let (mut range, mut events) = (Range::after(after), 0);
    loop {
        let page = store.read(query.clone(), range, Direction::Forward, 1024).await.unwrap();
        events += page.events.len();
        range = Range::since(page.complete_to);
        if !page.more || events >= most {
            return (events, events as f64 / begun.elapsed().as_secs_f64());
        }
    }
}

/// Appends so many events with a tag of a thousand, and some rare ones.
async fn fill(store: &PostgresStore, events: u64) {
    let mut left = events;
    while left > 0 {
        let run = (0..left.min(500)).map(|n| {
            let number = left - n;
            commit(number % STREAMS, Expected::Any, tags(&format!("room:{}", number % 1000)))
        });
        let run: Vec<Commit> = run.collect();
        left -= run.len() as u64;
        store.append(run).await.unwrap();
    }
}

#[tokio::main]
async fn main() {
    let number = |at, usual| std::env::args().nth(at).map_or(usual, |text| text.parse().unwrap());
    let (time, events) = (Duration::from_secs(number(1, 3)), number(2, 200_000));
    let mut settings = vec!["shared_buffers=256MB".to_owned()];
    settings.extend(std::env::args().skip(3));
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let Some(server) = required(Postgres::start_with(&settings)) else { return };
    let url = server.url();
    let durability =
        if settings.contains(&"fsync=off") { Durability::Process } else { Durability::Synced };
    let store = |name: &str| {
        let options = PostgresStore::options().durability(durability).migrate();
        options.log(name.to_owned()).connect(&url)
    };
    let first = Arc::new(store("guards").await.unwrap());
    for round in 0..2 {
        let base = 1_000_000 + round * 10_000_000;
        let stream = guards(&first, time, base, false).await;
        let guard = guards(&first, time, base + 5_000_000, true).await;
        let size = first.head().await.unwrap().position;
        say(&format!(
            "to {size}: stream check {stream:.0}/s, tag guard {guard:.0}/s, ratio {:.2}",
            stream / guard
        ));
        if round == 0 {
            fill(&first, events).await;
        }
    }
    for writers in [1, 64, 512] {
        let log = format!("w{writers}");
        let one = [Arc::new(store(&log).await.unwrap())];
        let bare = bare_rate(&url, "bare", writers, time).await;
        let own = store_rate(&one, writers, time, 0).await;
        let bare_again = bare_rate(&url, "bare", writers, time).await;
        let own_again = store_rate(&one, writers, time, 1_000_000).await;
        say(&format!(
            "{writers} writers: store {own:.0}/s and {own_again:.0}/s, bare {bare:.0}/s and \
             {bare_again:.0}/s, ratio {:.2}",
            (own + own_again) / (bare + bare_again)
        ));
    }
    let mut several = Vec::new();
    for _ in 0..4 {
        several.push(Arc::new(store("four").await.unwrap()));
    }
    let one = store_rate(&several[..1], 64, time, 0).await;
    let four = store_rate(&several, 256, time, 1_000_000).await;
    say(&format!("4 stores x 64: {four:.0}/s, 1 store x 64: {one:.0}/s, ratio {:.2}", four / one));
    let (events, all) = read(&first, Query::All, Position::START, usize::MAX).await;
    let (tagged, by_tag) =
        read(&first, Query::tagged(tags("room:7")), Position::START, usize::MAX).await;
    let (named, by_context) =
        read(&first, Query::context("account"), Position::START, usize::MAX).await;
    say(&format!(
        "read all: {events} events, {all:.0}/s; by tag {tagged}, {by_tag:.0}/s; by context {named}, \
         {by_context:.0}/s"
    ));
    let begun = Instant::now();
    let (none, _) = read(&first, Query::context("nothing"), Position::START, usize::MAX).await;
    say(&format!("a context of {none} events: {:?} for the log", begun.elapsed()));
}
