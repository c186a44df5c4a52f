use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use factum_core::store::Durability;
use factum_stores::{SqliteStore, copy};

use crate::common::{append, assert_same, commit};

/// Says to the child in which folder it works.
const FOLDER: &str = "FACTUM_COPY_FOLDER";
const COMMITS: u64 = 8_000;

#[tokio::test]
async fn a_killed_copy_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("from.db");
    let from = SqliteStore::options().durability(Durability::Process).open(&file).unwrap();
    append(&from, (0..COMMITS).map(commit)).await;
    from.close().await;
    let mut random = fastrand::Rng::new();
    println!("seed {}", random.get_seed());
    let killed = (0..8).filter(|_| copy_and_kill(folder.path(), random.usize(0..4))).count();
    assert!(killed > 2, "only {killed} were killed at work");

    let to = SqliteStore::open(folder.path().join("to.db")).unwrap();
    let from = SqliteStore::options().read_only().open(&file).unwrap();
    copy(&from, &to).await.unwrap();
    assert_same(&from, &to).await;
    let all = copy(&from, &to).compare_all().await.unwrap();
    assert_eq!(all.commits, COMMITS);
}

/// Kills the copy after it has told so many times of its progress; whether it was still at work.
fn copy_and_kill(folder: &Path, told: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::the_copy_that_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.filter(|line| line.contains("copied")).take(told + 1).count();
    let _ = child.kill();
    let status = child.wait().unwrap();
    assert_ne!(status.code(), Some(101), "the copy failed by itself");
    !status.success() && told > 0
}

#[tokio::test]
#[ignore = "run by another test, in a process of its own"]
async fn the_copy_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let from = SqliteStore::options().read_only().open(folder.join("from.db")).unwrap();
    let to = SqliteStore::open(folder.join("to.db")).unwrap();
    println!("copied nothing");
    copy(&from, &to).progress(|p| println!("copied {}", p.copied)).await.unwrap();
}
