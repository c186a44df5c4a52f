//! Two real processes, each with the same aggregate in its cache: what one does, the other decides on.
//! Each refusal here would come too often, or not at all, if a cache were trusted.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use factum_test_servers::{Postgres, Redis, required};

const ROUNDS: usize = 50;

/// A process with an app.
struct App {
    process: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl App {
    fn start(url: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_factum-warm-tests"));
        let command = command.arg(url).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (asks, says) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut app = Self { process, asks, says: BufReader::new(says) };
        assert_eq!(app.hear(), "ready");
        app
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    #[track_caller]
    fn must(&mut self, command: &str, answer: &str) {
        writeln!(self.asks, "{command}").unwrap();
        assert_eq!(self.hear(), answer, "{command}");
    }

    fn end(self) {
        let Self { mut process, asks, .. } = self;
        drop(asks);
        assert!(process.wait().unwrap().success());
    }
}

/// In turns, one fills the purse and empties it while the other remembers it as it was before.
fn no_rejection_comes_from_a_stale_state(url: &str) {
    let (mut one, mut other) = (App::start(url), App::start(url));
    one.must("take 1", "refused");
    other.must("take 1", "refused");
    for _ in 0..ROUNDS {
        // Here the purse is empty, and both know that.
        one.must("add 5", "done");
        other.must("take 5", "done");
        // It remembers five.
        one.must("take 5", "refused");
        one.must("add 2", "done");
        // It remembers none.
        other.must("take 2", "done");
        other.must("add 1", "done");
        one.must("take 2", "refused");
        one.must("take 1", "done");
        other.must("take 1", "refused");
        std::mem::swap(&mut one, &mut other);
    }
    one.end();
    other.end();
}

#[test]
fn on_postgres() {
    let safe = ["fsync=on", "full_page_writes=on"];
    let Some(server) = required(Postgres::start_with(&safe)) else { return };
    let url = server.url();
    let migrating = factum::stores::PostgresStore::migrate(&url);
    tokio::runtime::Runtime::new().unwrap().block_on(migrating).unwrap();
    no_rejection_comes_from_a_stale_state(&url);
}

#[test]
fn on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    no_rejection_comes_from_a_stale_state(&server.url());
}
