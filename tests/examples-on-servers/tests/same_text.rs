//! The examples tell the same on a server as on a file, run for run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use eventstoredb_test_server::{Faults, Server, Settings};
use factum_test_servers::{Postgres, Redis, required};
use tokio::task::block_in_place;

/// An example, and the option that names a file.
struct Example {
    program: &'static str,
    file_option: Option<&'static str>,
}

const BANK: Example = Example { program: env!("CARGO_BIN_EXE_bank"), file_option: None };
const FINES: Example = Example { program: env!("CARGO_BIN_EXE_fines"), file_option: Some("--db") };
const UNIVERSITY: Example =
    Example { program: env!("CARGO_BIN_EXE_university"), file_option: None };

impl Example {
    fn on_file(&self, file: &Path) -> String {
        let mut command = Command::new(self.program);
        command.args(self.file_option).arg(file);
        told(command)
    }

    fn on_server(&self, url: &str) -> String {
        told(self.command_on_server(url))
    }

    fn command_on_server(&self, url: &str) -> Command {
        let mut command = Command::new(self.program);
        command.args(["--store", url]);
        command
    }

    /// What it tells in so many runs, each of which goes on where the one before ended.
    fn is_the_same_on(&self, url: &str, runs: usize, wanted: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("example.db");
        for run in 1..=runs {
            let (on_file, on_server) = (self.on_file(&file), self.on_server(url));
            for line in wanted {
                assert!(on_server.contains(line), "{line:?} is missing in:\n{on_server}");
            }
            assert_eq!(without_places(&on_server), without_places(&on_file), "run {run}");
        }
    }
}

/// The output of a run that ends well.
fn told(command: Command) -> String {
    let (status, out, err) = ended(command);
    assert!(status.success() && err.is_empty(), "{status}:\n{out}\n{err}");
    out
}

/// How a run ends, and what it tells on both channels.
fn ended(mut command: Command) -> (ExitStatus, String, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status, text(output.stdout), text(output.stderr))
}

/// Without what differs from run to run: the store's name, ids, times and positions.
fn without_places(text: &str) -> String {
    let line = |line: &str| {
        let line = line.split_once(", on ").map_or(line, |(before, _)| before);
        let mut words: Vec<&str> = line.split(' ').collect();
        for at in 0..words.len() {
            let is_position = at > 0 && words[at - 1] == "position";
            if is_position || is_id_or_time(words[at]) {
                words[at] = "…";
            }
        }
        words.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn is_id_or_time(word: &str) -> bool {
    let word = word.trim_end_matches([',', ':']);
    let is_id = word.len() == 36 && word.matches('-').count() == 4;
    is_id || (word.ends_with('Z') && word.contains('T') && word.contains(':'))
}

const FIGURES: &[&str] = &[
    "fines 14\nevents 59\ndue 980.52\npaid 628.27\noutstanding 377.25\nfully_paid 7\nin_collection \
     3\nappealed 3\n",
];
const RUSH: &[&str] = &["1000 subscriptions, 4000 found the course full, 0 had ten already."];
const CLOSES: &[&str] = &["known already", "The bank closes, and opens again on the same log."];

/// A server that has done what it says when the power fails, as a user's has.
fn postgres() -> Option<Postgres> {
    required(Postgres::start_with(&[]))
}

/// The server of the adapter's tests, in this process: there is no other that a test could start.
async fn eventstoredb() -> Server {
    Server::start(Settings::default(), Faults::default()).await.unwrap()
}

#[test]
fn the_bank_on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    BANK.is_the_same_on(&server.url(), 2, CLOSES);
}

#[test]
fn the_bank_on_postgresql() {
    let Some(server) = postgres() else { return };
    BANK.is_the_same_on(&server.url(), 2, CLOSES);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_on_eventstoredb() {
    let server = eventstoredb().await;
    block_in_place(|| BANK.is_the_same_on(&server.url(), 2, CLOSES));
}

#[test]
fn the_fines_on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    FINES.is_the_same_on(&server.url(), 2, FIGURES);
}

#[test]
fn the_fines_on_postgresql() {
    let Some(server) = postgres() else { return };
    FINES.is_the_same_on(&server.url(), 2, FIGURES);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fines_on_eventstoredb() {
    let server = eventstoredb().await;
    block_in_place(|| FINES.is_the_same_on(&server.url(), 2, FIGURES));
}

#[test]
fn the_university_on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    UNIVERSITY.is_the_same_on(&server.url(), 1, RUSH);
}

#[test]
fn the_university_on_postgresql() {
    let Some(server) = postgres() else { return };
    UNIVERSITY.is_the_same_on(&server.url(), 1, RUSH);
}

/// Its boundaries need guards.
#[tokio::test(flavor = "multi_thread")]
async fn the_university_is_refused_on_eventstoredb() {
    let server = eventstoredb().await;
    let (status, _, err) = block_in_place(|| ended(UNIVERSITY.command_on_server(&server.url())));
    assert!(!status.success() && err.contains("needs guards"), "{status}:\n{err}");
}

/// It may have a password in it.
#[test]
fn the_url_is_not_told() {
    let Some(server) = required(Redis::start()) else { return };
    let told = BANK.on_server(&server.url());
    assert!(told.starts_with("The bank opens, on redis:….\n"), "{told}");
}

/// From a file to Redis, from there to PostgreSQL, and back to a file: each copy goes on where it ended.
#[test]
fn a_log_goes_from_store_to_store() {
    let (Some(redis), Some(postgres)) = (required(Redis::start()), postgres()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let [first, last] = ["first.db", "last.db"].map(|name| folder.path().join(name));
    let [first, last] = [&first, &last].map(|file| file.to_str().unwrap());
    FINES.on_file(Path::new(first));
    let ends = [first, &redis.url(), &postgres.url(), last];
    let copies: Vec<String> = [0, 0, 1, 1, 2, 2].map(|at| copied(ends[at], ends[at + 1])).into();
    assert!(
        copies[0].starts_with("events 59\n") && copies[0].contains("\nchecksum "),
        "{copies:?}"
    );
    assert!(copies.iter().all(|copy| *copy == copies[0]), "{copies:?}");
    assert_eq!(FINES.on_file(Path::new(last)), FINES.on_server(&redis.url()));
}

/// Not to it, where a copy that goes on would not know what it has copied.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_goes_from_eventstoredb_to_a_file() {
    let server = eventstoredb().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    block_in_place(|| {
        let told = FINES.on_server(&server.url());
        let ends = [server.url(), file.to_str().unwrap().to_owned()];
        let copies = [0, 1].map(|_| copied(&ends[0], &ends[1]));
        assert!(copies[0].starts_with("events 59\n") && copies[0] == copies[1], "{copies:?}");
        assert_eq!(FINES.on_file(&file), told);
        let (status, _, err) = ended(copy(&ends[1], &ends[0]));
        assert!(!status.success() && err.contains("keys of commits"), "{status}:\n{err}");
    });
}

fn copied(from: &str, to: &str) -> String {
    told(copy(from, to))
}

fn copy(from: &str, to: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copy"));
    command.args([from, to]);
    command
}
