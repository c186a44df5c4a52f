#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;

use factum::stores::SqliteStore;

use crate::process::{example, run};
use crate::watched::Watched;

/// What is told at the end of a run, however it began.
fn check(out: &str, transfers: u32) {
    let refunded = transfers / 10;
    for told in [
        format!("{transfers} transfers are accepted, "),
        format!(
            "ended: {} completed, {refunded} compensated, as nobody opened the other account, 0 stuck.",
            transfers - refunded
        ),
        "all           10000000 cents, of 10000000 that were put in\n".to_owned(),
        format!("{transfers} sums left an account, {transfers} arrived at one.\n"),
    ] {
        assert!(out.contains(&told), "{told:?} is missing in:\n{out}");
    }
    let (_, accounts) = out.split_once("stuck.\n\n").unwrap();
    let cents = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap();
    assert_eq!(accounts.lines().take(10).map(cents).sum::<u64>(), 10_000_000, "{out}");
}

#[test]
fn all_of_the_money_arrives_or_comes_back_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("transfer.db");
    let mut last = Vec::new();
    for known in [0, 100] {
        let ran = run("transfer", [file.as_os_str(), "--transfers".as_ref(), "100".as_ref()]);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
        assert!(ran.out.contains(&format!("{known} of them in an earlier run.")), "{}", ran.out);
        check(&ran.out, 100);
        last.push(ran.out.split_once("Their sagas").unwrap().1.to_owned());
    }
    assert_eq!(last.first(), last.last());
}

#[tokio::test]
async fn a_bank_that_is_killed_in_the_middle_goes_on_when_run_again() {
    const TRANSFERS: u32 = 2000;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("transfer.db");
    let transfers = TRANSFERS.to_string();
    let arguments = [file.as_os_str(), "--transfers".as_ref(), transfers.as_ref()];
    SqliteStore::open(&file).unwrap().close().await;
    let mut log = Watched::open(&file);
    let mut child =
        example("transfer", arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // A transfer has one event, its deposit one, and its saga two or more.
    log.until(i64::from(TRANSFERS)).await;
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it ended before it was killed");
    let ran = run("transfer", arguments);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    check(&ran.out, TRANSFERS);
}

#[test]
fn a_wrong_command_line_is_told() {
    for wrong in [vec!["--help"], vec!["--transfers", "0"], vec!["--transfers"], vec!["a", "b"]] {
        let ran = run("transfer", wrong);
        let usage = "transfer: usage: transfer [FILE] [--transfers N]\n";
        assert_eq!((ran.status, ran.err.as_str()), (Some(2), usage));
    }
}
