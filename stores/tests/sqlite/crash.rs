//! A writer that is killed leaves what it acknowledged, and nothing half.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use factum_core::store::{Direction, EventStore, Query};
use factum_core::{Tag, Tags};

use crate::common::{Log, append, by_stream, commit_to, read, stream};

const FILE: &str = "FACTUM_TEST_FILE";

fn tags() -> Tags {
    [Tag::new("room", "1").unwrap()].into_iter().collect()
}

/// What the child process does: appends for ever, and says what was acknowledged.
#[tokio::test]
#[ignore = "runs as the child of `a_killed_writer_loses_nothing`"]
async fn child_appends_for_ever() {
    let Ok(file) = std::env::var(FILE) else { return };
    let store = factum_stores::SqliteStore::open(file).unwrap();
    loop {
        let mut commit = commit_to(stream(1), 3);
        commit.writes[0].events.iter_mut().for_each(|event| event.tags = tags());
        let receipt = append(&store, commit).await;
        println!("acknowledged {}", receipt.mark.position.number());
    }
}

#[tokio::test]
async fn a_killed_writer_loses_nothing() {
    let log = Log::new();
    let mut end = 0;
    for acknowledgements in [1, 7, 40] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "crash::child_appends_for_ever"])
            .env(FILE, log.file())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.filter_map(|line| {
            line.unwrap()
                .rsplit_once("acknowledged ")
                .map(|(_, position)| position.parse().unwrap())
        });
        let acknowledged: u64 = said.take(acknowledgements).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        // The lock went with the process.
        let store = log.open();
        let head = store.head().await.unwrap().position.number();
        assert!(head >= acknowledged && acknowledged > end, "{head} {acknowledged} {end}");
        assert_eq!(head % 3, 0, "half a commit");
        let all = read(&store, Query::All, Direction::Forward, 1000).await.unwrap();
        let expected: Vec<_> = (0..head).map(|n| (n, n + 1)).collect();
        assert_eq!(by_stream(&all)[&stream(1)], expected);
        let tagged = read(&store, Query::tagged(tags()), Direction::Forward, 1000).await.unwrap();
        assert_eq!(by_stream(&tagged)[&stream(1)], expected, "by their tags");
        store.close().await;
        end = head;
    }
}
