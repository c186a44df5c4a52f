//! The expected figures were computed by another program, straight from the CSV files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test fails by panicking"
)]

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use factum::stores::SqliteStore;

use crate::process::{example, run};
use crate::watched::Watched;

const SAMPLE: &str = include_str!("../../examples/fines/sample.csv");
const EVENTS_OF_THE_SAMPLE: i64 = 59;
const OF_THE_SAMPLE: &str = "\
fines 14
events 59
due 980.52
paid 628.27
outstanding 377.25
fully_paid 7
in_collection 3
appealed 3
";
const OF_THE_FULL_FILE: &str = "\
fines 10000
events 34724
due 599499.60
paid 210495.90
outstanding 390404.50
fully_paid 4354
in_collection 3387
appealed 245
";

/// The full file, if it lies beside the project. Where `FACTUM_FINES` says, it has to be.
fn full_file() -> Option<PathBuf> {
    if let Some(named) = env::var_os("FACTUM_FINES").filter(|named| !named.is_empty()) {
        let file = PathBuf::from(named);
        assert!(file.is_file(), "FACTUM_FINES: there is no file {}", file.display());
        return Some(file);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/traffic_fines.csv");
    beside.is_file().then_some(beside)
}

#[test]
fn the_sums_are_told_as_they_change() {
    let ran = run("fines", ["--watch"]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), OF_THE_SAMPLE));
    let events = |line: &str| -> Option<u64> {
        line.split_once(" fines after ")?.1.split_once(" events: due ")?.0.parse().ok()
    };
    let told: Vec<u64> = ran.err.lines().map(|line| events(line).expect(line)).collect();
    assert!(told.is_sorted_by(|a, b| a < b), "{}", ran.err);
    assert_eq!(told.last(), Some(&EVENTS_OF_THE_SAMPLE.unsigned_abs()));
}

#[test]
fn the_sample_adds_up_also_when_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("fines.db");
    for _ in 0..2 {
        let ran = run("fines", [Path::new("--db"), &db]);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        assert_eq!(ran.out, OF_THE_SAMPLE);
    }
}

#[test]
fn the_full_file_adds_up_also_when_run_again() {
    let Some(data) = full_file() else {
        // Not with eprintln!, whose output is kept back when the test passes.
        let skipped = "skipped: the full file of fines is not here; FACTUM_FINES names one";
        return writeln!(io::stderr(), "{skipped}").unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("fines.db");
    for _ in 0..2 {
        let ran = run("fines", [Path::new("--data"), &data, Path::new("--db"), &db]);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
        assert_eq!(ran.out, OF_THE_FULL_FILE);
    }
}

#[test]
fn one_fine_adds_up() {
    let ran = run("fines", ["--fine", "S6"]);
    let expected = "fines 1\nevents 9\ndue 309.50\npaid 309.50\noutstanding 0.00\nfully_paid 1\n\
                    in_collection 0\nappealed 1\n";
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), expected), "{}", ran.err);
    let ran = run("fines", ["--fine", "S99"]);
    assert_eq!((ran.status, ran.err.as_str()), (Some(2), "fines: no fine S99\n"));
}

#[test]
fn malformed_rows_are_reported_and_the_rest_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("fines.csv");
    let mut file = SAMPLE.replacen("Payment,,,,,,,,350,,35.0,,", "Payment,,,,,,,,350,,35.o,,", 1);
    file.push_str("S1,2015-01-05\n");
    file.push_str("S2,2017-04-01,Create Fine,99999999999.0,,,,,,,,,,,\n");
    fs::write(&data, file).unwrap();
    let ran = run("fines", [Path::new("--data"), &data]);
    let expected = "\
line 3: totalpaymentamount \"35.o\" is not an amount in euros such as 35.00
line 61: the row has 2 fields, the header 15
line 62: no fine has an amount of 9999999999900 cents: the most is 1000000000000
";
    // In the order in which they were noticed, which is not that of the lines.
    let mut reported: Vec<_> = ran.err.lines().collect();
    reported.sort_unstable();
    assert_eq!(reported, expected.lines().collect::<Vec<_>>());
    assert_eq!(ran.status, Some(1));
    let expected = OF_THE_SAMPLE
        .replace("events 59", "events 58")
        .replace("paid 628.27", "paid 593.27")
        .replace("outstanding 377.25", "outstanding 412.25")
        .replace("fully_paid 7", "fully_paid 6");
    assert_eq!(ran.out, expected);
}

#[test]
fn a_row_that_is_mended_later_adds_its_own_event_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (data, db) = (folder.path().join("fines.csv"), folder.path().join("fines.db"));
    let args = [Path::new("--data"), &data, Path::new("--db"), &db];
    // S4's fourth row of five: the order of a notification and a payment does not change the sums.
    let (before, after) = SAMPLE.split_once("S4,2015-03-05,Insert").unwrap();
    let damaged = [before.as_bytes(), b"S4,2015-03-05,\xffnsert", after.as_bytes()].concat();
    fs::write(&data, damaged).unwrap();
    let ran = run("fines", args);
    assert_eq!((ran.status, ran.err.as_str()), (Some(1), "line 33: the row is not UTF-8 text\n"));
    assert_eq!(ran.out, OF_THE_SAMPLE.replace("events 59", "events 58"));
    fs::write(&data, SAMPLE).unwrap();
    let ran = run("fines", args);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    assert_eq!(ran.out, OF_THE_SAMPLE);
}

#[test]
fn what_cannot_run_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.csv");
    fs::write(&other, "a,b\n1,2\n").unwrap();
    let missing = folder.path().join("missing.csv");
    for (args, reason) in [
        (["--data", missing.to_str().unwrap()], "missing.csv"),
        (["--data", other.to_str().unwrap()], "no column fine_id"),
        (["--db", folder.path().to_str().unwrap()], folder.path().to_str().unwrap()),
        (["--colour", "red"], "usage: fines"),
    ] {
        let ran = run("fines", args);
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.err.contains(reason), "{reason} is missing in: {}", ran.err);
    }
}

#[tokio::test]
async fn kill_it_at_any_moment_and_run_it_again() {
    let kills: i64 = if env::var_os("FACTUM_SOAK").is_some() { 30 } else { 6 };
    // Between two kills there is more than what a run has under way at the same time.
    let copies = 10 * kills;
    let all = copies * EVENTS_OF_THE_SAMPLE;
    let folder = tempfile::tempdir().unwrap();
    let (data, db) = (folder.path().join("fines.csv"), folder.path().join("fines.db"));
    copies_of_the_sample(&data, copies);
    let args = [Path::new("--data"), &data, Path::new("--db"), &db];
    SqliteStore::open(&db).unwrap().close().await;
    let mut log = Watched::open(&db);
    for kill in 1..=kills {
        let mut child =
            example("fines", args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = log.seen;
        log.until(all * kill / (kills + 1)).await;
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it ended before it was killed");
        log.until(log.stored().await).await;
        assert!((before + 1..all).contains(&log.seen), "not in the middle: {}", log.seen);
    }
    let ran = run("fines", args);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""));
    assert_eq!(log.stored().await, all);
    let figure = |line: &str| -> String {
        let (name, value) = line.split_once(' ').unwrap();
        let cents = value.replace('.', "").parse::<i64>().unwrap() * copies;
        if value.contains('.') {
            format!("{name} {}", crate::fines::money::euros(cents))
        } else {
            format!("{name} {cents}")
        }
    };
    let expected: Vec<_> = OF_THE_SAMPLE.lines().map(figure).collect();
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), expected);
}

/// Writes the sample many times over, each with fines of its own.
fn copies_of_the_sample(path: &Path, copies: i64) {
    let mut file = fs::File::create(path).unwrap();
    let (header, rows) = SAMPLE.split_once('\n').unwrap();
    writeln!(file, "{header}").unwrap();
    for copy in 0..copies {
        for row in rows.lines() {
            writeln!(file, "C{copy}{row}").unwrap();
        }
    }
}
