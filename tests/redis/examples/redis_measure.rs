//! How fast the Redis store is beside its server: `cargo run --release -p factum-redis-tests --example
//! measure [always|everysec]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use factum_core::Key;
use factum_core::store::{Direction, Durability, EventStore, Expected, Query, Range};
use factum_redis_tests::one;
use factum_stores::RedisStore;
use factum_test_servers::{Redis, RedisSettings, required};
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;

/// How long each case runs.
const TIME: Duration = Duration::from_secs(4);
/// What one event holds.
const PAYLOAD: [u8; 256] = [b'x'; 256];

/// As little as a log can be: the same writes for each commit, without any check but the length.
const BARE: &str = r"
local newest = tonumber(redis.call('HGET', KEYS[2], 'end') or '0')
for i = 1, #ARGV, 3 do
  local length = redis.call('LLEN', ARGV[i + 1])
  newest = newest + 1
  local position = string.format('%.0f', newest)
  redis.call('XADD', KEYS[1], position .. '-0', 'h', ARGV[i], 'r', length, 'p', ARGV[i + 2])
  redis.call('HSET', KEYS[2] .. string.sub(ARGV[i], 1, 4), ARGV[i], position)
  redis.call('RPUSH', ARGV[i + 1], position)
end
redis.call('HSET', KEYS[2], 'end', newest)
return newest";

fn server(sync: &str) -> Option<Redis> {
    required(Redis::with(RedisSettings::new().set("appendfsync", sync)))
}

async fn bare(sync: &str, commits: usize) -> f64 {
    let Some(server) = server(sync) else { return 0.0 };
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection: MultiplexedConnection =
        client.get_multiplexed_async_connection().await.unwrap();
    let load = redis::cmd("SCRIPT").arg("LOAD").arg(BARE).to_owned();
    let sha: String = load.query_async(&mut connection).await.unwrap();
    let (begun, mut done) = (Instant::now(), 0_usize);
    while begun.elapsed() < TIME {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&sha).arg(2).arg("{b}:log").arg("{b}:meta");
        for _ in 0..commits {
            let stream = format!("{{b}}:s:{}", done % 10_000);
            call.arg(Key::now_v7().to_string()).arg(stream).arg(&PAYLOAD);
            done += 1;
        }
        let _: u64 = call.query_async(&mut connection).await.unwrap();
    }
    done as f64 / begun.elapsed().as_secs_f64()
}

/// What the store does, and what that takes.
struct Measured {
    commits: f64,
    read: f64,
    bytes: f64,
    /// Microseconds of the server's time for each commit.
    server: f64,
    /// How many commits a round had.
    round: f64,
}

async fn store(sync: &str, writers: usize) -> Option<Measured> {
    let server = server(sync)?;
    let options = RedisStore::options().durability(Durability::Process);
    let store = options.connect(server.url()).await.unwrap();
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let store = store.clone();
        tasks.spawn(async move {
            let (mut done, mut round) = (0_usize, 0);
            while begun.elapsed() < TIME {
                // 10,000 streams for all writers together.
                let stream = writer + writers * (round % (10_000 / writers));
                let mut commit = one(stream, Expected::Any);
                commit.writes[0].events[0].payload = PAYLOAD.to_vec().into();
                assert!(store.append(vec![commit]).await.unwrap()[0].is_ok());
                done += 1;
                round += 1;
            }
            done
        });
    }
    let done: usize = tasks.join_all().await.into_iter().sum();
    let commits = done as f64 / begun.elapsed().as_secs_f64();
    let calls = info(&server, "commandstats", "cmdstat_evalsha:calls=").await;
    let time = info(&server, "commandstats", &format!("evalsha:calls={calls},usec=")).await;
    let (reading, mut range, mut events) = (Instant::now(), Range::ALL, 0_usize);
    loop {
        let page = store.read(Query::All, range, Direction::Forward, 1024).await.unwrap();
        events += page.events.len();
        if !page.more {
            break;
        }
        range = Range::since(page.complete_to);
    }
    let read = events as f64 / reading.elapsed().as_secs_f64();
    let bytes = info(&server, "memory", "used_memory_dataset:").await / events as f64;
    let server = time / done as f64;
    Some(Measured { commits, read, bytes, server, round: done as f64 / calls })
}

/// A number of what the server says of itself.
async fn info(server: &Redis, section: &str, before: &str) -> f64 {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let info: String = redis::cmd("INFO").arg(section).query_async(&mut connection).await.unwrap();
    let found = info.split_once(before).map_or("", |(_, rest)| rest);
    let digits = found.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let sync = std::env::args().nth(1).unwrap_or_else(|| "always".to_owned());
    println!("appendfsync {sync}, events of 256 bytes, 10,000 streams, one a commit");
    for writers in [1, 64, 512] {
        let bare = bare(&sync, writers).await;
        let Some(Measured { commits, read, bytes, server, round }) = store(&sync, writers).await
        else {
            return;
        };
        println!(
            "{writers:>4} writers: {commits:>6.0} commits/s in rounds of {round:.0}, {server:.0} us of the \
             server each; bare script of {writers} {bare:>6.0} commits/s (x{:.2}); all read at \
             {read:.0} events/s; {bytes:.0} bytes an event",
            commits / bare
        );
    }
}
