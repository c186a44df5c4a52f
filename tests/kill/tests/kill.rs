//! Rule 1 of the store contract: a writer is killed (SIGKILL) at random moments, over and over on one
//! log. What it was told is stored is there, nothing is there by half, and what it was not told can be
//! tried again with one effect. The view that it kept beside goes on where it was, and ends as the log
//! says. In every second life the view is inline, and never behind.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{Direction, EventStore, Mark, Position, Query, Range, Recorded};
use factum_core::{Key, Project, Projection, StreamName, codec};
use factum_projections::{Hub, Runner};
use factum_test_kill::{APPENDERS, Appended, Number, RUN, Streams, open};
use factum_test_servers::{Postgres, required};
use tokio_postgres::NoTls;

/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(60);

/// How often, at least 50 times; with `FACTUM_SOAK` for long.
fn kills() -> u32 {
    if std::env::var_os("FACTUM_SOAK").is_some() { 600 } else { 60 }
}

/// How often on a server, where opening takes longer.
fn kills_on_server() -> u32 {
    kills() / 2
}

#[test]
fn a_killed_writer_loses_nothing_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db").display().to_string();
    let log = kill_over_and_over(&file, kills(), || {});
    assert!(log.acknowledged > 1000, "the writer hardly wrote: {}", log.acknowledged);
}

#[test]
fn a_killed_writer_loses_nothing_on_a_server() {
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    let url = server.url();
    let log = kill_over_and_over(&url, kills_on_server(), || until_gone(&url));
    assert!(log.acknowledged > 500, "the writer hardly wrote: {}", log.acknowledged);
}

/// Waits until the server has ended what a writer that is gone had under way.
fn until_gone(url: &str) {
    let others = "select from pg_stat_activity where application_name = 'factum'";
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let gone = async {
            while !client.query(others, &[]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, gone).await.unwrap();
    });
}

/// Kills the writer so often, each time after so many lines, waits until what it had under way has
/// `settled`, and looks at what is left.
fn kill_over_and_over(place: &str, kills: u32, settled: impl Fn()) -> Known {
    let mut random = fastrand::Rng::new();
    println!("seed {}", random.get_seed());
    let mut log = Known::default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for life in 0..kills {
        // Some die while they open and recover the file, some early, some late.
        let lines = if life % 6 == 5 { 0 } else { random.usize(1..300) };
        let acknowledged = write_and_kill(place, life, lines);
        settled();
        runtime.block_on(log.check(place, life, &acknowledged));
        assert!(
            life % 2 == 0 || !log.was_behind,
            "life {life}: an event was there without its row"
        );
    }
    assert!(log.moved > kills / 4, "the writer hardly kept its view: {} times", log.moved);
    assert!(log.behind > 0, "no kill found the view behind the log");
    println!(
        "{kills} kills, {} commits acknowledged, {} tried again, {} of them stored before; the view \
         moved in {} lives and was behind after {}",
        log.acknowledged, log.tried_again, log.stored_before, log.moved, log.behind
    );
    log
}

/// Lets the writer acknowledge so many commits, kills it, and gives all that it acknowledged.
fn write_and_kill(place: &str, life: u32, lines: usize) -> Vec<(Key, Position)> {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_factum-test-kill"))
        .arg(place)
        .arg(life.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "opening");
    let mut acknowledged: Vec<_> = said.by_ref().take(lines).map(Result::unwrap).collect();
    assert_eq!(acknowledged.len(), lines, "the writer ended by itself");
    writer.kill().unwrap();
    // What it had printed by then counts, too; of the last line perhaps only a part.
    acknowledged.extend(said.map_while(Result::ok));
    assert!(!writer.wait().unwrap().success());
    acknowledged.iter().filter_map(|line| parse(line)).collect()
}

fn parse(line: &str) -> Option<(Key, Position)> {
    let (key, position) = line.split_once(' ')?;
    Some((key.parse().unwrap(), Position::new(position.parse().ok()?)))
}

/// What the log is known to have.
#[derive(Default)]
struct Known {
    mark: Option<Mark>,
    revisions: HashMap<StreamName, u64>,
    commits: HashMap<Key, Position>,
    /// The view, computed from the log alone.
    rows: BTreeMap<String, Streams>,
    /// Where the view was left by the check before.
    caught_up: Option<Position>,
    /// Whether the writer that was killed left the view behind the log.
    was_behind: bool,
    /// In how many lives the writer moved the view, and after how many the view was behind the log.
    moved: u32,
    behind: u32,
    acknowledged: usize,
    tried_again: usize,
    stored_before: usize,
}

impl Known {
    async fn check(&mut self, place: &str, life: u32, acknowledged: &[(Key, Position)]) {
        let store = open(place).await.unwrap();
        let caught_up = self.caught_up;
        self.read_on(&*store).await;
        for (key, position) in acknowledged {
            let stored = self.commits.get(key);
            // A line that was cut by the kill may name a shorter position.
            let is_last = acknowledged.last().is_some_and(|last| last.0 == *key);
            assert!(stored == Some(position) || (stored.is_some() && is_last), "{key} was lost");
        }
        self.acknowledged += acknowledged.len();
        let reached = self.check_view(&store).await;
        self.moved += u32::from(reached > caught_up);
        self.was_behind = reached < self.caught_up;
        self.behind += u32::from(self.was_behind);
        self.try_again(&*store, life, acknowledged).await;
        self.read_on(&*store).await;
        self.check_view(&store).await;
        store.close().await;
    }

    /// Lets the view go on from where it is to the end of the log, compares it, and gives where it was.
    async fn check_view(&mut self, store: &Arc<dyn EventStore>) -> Option<Position> {
        let rows = store.rows().unwrap();
        let head = store.head().await.unwrap().position;
        let slices = rows.slices(Streams::SPEC).await.unwrap();
        let reached = slices[0].checkpoint.map(|mark| mark.position);
        let hub = Hub::new(store.clone());
        let (mut runner, view) = Runner::start::<Streams>(&hub, Some(rows)).await.unwrap();
        hub.start();
        let found = view.after(head).within(LONG).all().await.unwrap();
        assert!(found.iter().eq(self.rows.values()), "{found:?}, not {:?}", self.rows);
        runner.stop().await.unwrap();
        self.caught_up = Some(view.reached());
        reached
    }

    /// Reads what is new: whole commits, each once, their revisions without a gap.
    async fn read_on(&mut self, store: &dyn EventStore) {
        let mut range = self.mark.map_or(Range::ALL, Range::since);
        let mut events: Vec<Recorded> = Vec::new();
        loop {
            let page = store.read(Query::All, range, Direction::Forward, 1000).await.unwrap();
            events.extend(page.events);
            range = Range::since(page.complete_to);
            if !page.more {
                break;
            }
        }
        self.mark = range.seen;
        for event in &events {
            let next = self.revisions.entry(event.at.stream.clone()).or_default();
            assert_eq!(event.at.revision, *next, "of stream {}", event.at.stream);
            *next += 1;
            self.project(event);
        }
        for commit in events.chunk_by(|one, next| one.at.key == next.at.key) {
            assert_whole(commit);
            let newest = commit.last().unwrap();
            let before = self.commits.insert(newest.at.key, newest.at.position);
            assert_eq!(before, None, "commit {} is stored twice", newest.at.key);
        }
    }

    fn project(&mut self, event: &Recorded) {
        let row = self.rows.entry(event.at.id().to_owned()).or_default();
        row.set_key(event.at.id()).unwrap();
        row.project(&codec::decode::<Appended>(event).unwrap(), &event.at);
    }

    /// Tries again what was not acknowledged: as the first time, or once more.
    async fn try_again(&mut self, store: &dyn EventStore, life: u32, told: &[(Key, Position)]) {
        let told: HashSet<Key> = told.iter().map(|(key, _)| *key).collect();
        for appender in 0..APPENDERS {
            let of = |key: &&Key| Number::of(**key).appender == appender;
            let done = told.iter().filter(of).map(|key| Number::of(*key).commit + 1).max();
            let run = done.map_or(0, |done| (done - 1) / RUN) * RUN;
            let missing = (run..run + 2 * RUN)
                .map(|commit| Number { life, appender, commit })
                .filter(|number| !told.contains(&number.key()));
            for number in missing {
                let stored = self.commits.get(&number.key()).copied();
                let mut outcomes = store.append(vec![number.commit()]).await.unwrap();
                let receipt = outcomes.remove(0).unwrap();
                assert_eq!(receipt.repeated, stored.is_some());
                assert!(stored.is_none_or(|position| position == receipt.mark.position));
                self.tried_again += 1;
                self.stored_before += usize::from(receipt.repeated);
            }
        }
    }
}

/// Checks that a commit is there with all that it was appended with.
fn assert_whole(stored: &[Recorded]) {
    let commit = Number::of(stored[0].at.key).commit();
    let wanted =
        commit.writes.iter().flat_map(|w| w.events.iter().map(|e| (&w.stream, &e.payload)));
    let found = stored.iter().map(|event| (&event.at.stream, &event.payload));
    assert!(found.eq(wanted), "commit {} is there by half", commit.key);
}
