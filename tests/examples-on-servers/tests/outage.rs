//! The example `outage` loses nothing, and shows what happens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};

use factum_test_servers::{Redis, required};

#[test]
fn an_outage_loses_nothing_and_shows_what_happens() {
    // Asks whether there is such a server; the example starts its own.
    if required(Redis::start()).is_none() {
        return;
    }
    let mut outage = Command::new(env!("CARGO_BIN_EXE_outage"));
    let output = outage.arg("2").stdin(Stdio::null()).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}:\n{out}\n{err}", output.status);
    for line in [
        "The server is paused",
        "The server is killed",
        "closed -> open (FailureRate)",
        "open -> half-open (Waited)",
        "half-open -> closed (Probed)",
        " 0 lost, 0 twice.",
    ] {
        assert!(out.contains(line), "{line:?} is missing in:\n{out}");
    }
}
