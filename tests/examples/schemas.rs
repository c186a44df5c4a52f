//! What the examples persist, and the documents that are made of it. `FACTUM_LOCK=update` writes both
//! anew.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use factum::schema::{Shape, check_documents, check_lock, lock};
use factum::{App, AppBuilder};

use crate::bank::bank;
use crate::fines::fines;
use crate::university::university;
use crate::uploads::uploads;

#[test]
fn what_a_bank_has_stored_can_be_read() {
    lock!(bank(App::memory()), "examples/bank");
}

#[test]
fn what_is_stored_of_fines_can_be_read() {
    lock!(fines(App::memory()), "examples/fines");
}

#[test]
fn what_a_university_has_stored_can_be_read() {
    lock!(university(App::memory()), "examples/university");
}

#[test]
fn what_is_stored_of_uploads_can_be_read() {
    lock!(uploads(App::memory()), "examples/uploads");
}

#[test]
fn the_documents_of_the_examples_are_up_to_date() {
    up_to_date("bank", &bank(App::memory()));
    up_to_date("fines", &fines(App::memory()));
    up_to_date("university", &university(App::memory()));
    up_to_date("uploads", &uploads(App::memory()));
}

/// Runs itself once more, on a folder of its own, with the variable set.
#[test]
fn the_variable_asks_for_an_update_or_is_refused() {
    const FOLDER: &str = "FACTUM_TEST_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        return lock!(bank(App::memory()), folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |variable: &str| {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "schemas::the_variable_asks_for_an_update_or_is_refused"]);
        let output = test.env(FOLDER, folder.path()).env("FACTUM_LOCK", variable).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (passed, told) = run("yes");
    assert!(!passed && told.contains("FACTUM_LOCK is \"yes\": set it to `update`"), "{told}");
    let (passed, told) = run("");
    assert!(!passed && told.contains("there is no events.lock"), "{told}");
    assert!(run("update").0 && folder.path().join("events.lock").exists());
    assert!(run("").0);
}

/// The front page shows what a change of the bank is told.
#[test]
fn the_report_on_the_front_page_is_what_is_said() {
    let mut app = bank(App::memory()).describe();
    let events = app.aggregates.iter_mut().flat_map(|aggregate| &mut aggregate.events);
    for event in events.filter(|event| event.name == "account.deposited") {
        let Shape::Object(fields) = &mut event.fields else { panic!("{event:?}") };
        fields.fields.iter_mut().for_each(|field| field.shape = Shape::Text);
    }
    let bank = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bank");
    let told = check_lock(&app, bank).unwrap_err().to_string();
    let page = include_str!("../../README.md").split("```text\n");
    let mut reports = page.filter(|block| block.starts_with("events.lock:"));
    let (report, _) = reports.next().unwrap().split_once("```").unwrap();
    assert!(told.contains(report.trim_end()), "{report} is not in: {told}");
}

fn up_to_date(example: &str, app: &AppBuilder) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("docs");
    let (app, version) = (app.describe(), env!("CARGO_PKG_VERSION"));
    if let Err(error) = check_documents(&app, example, version, folder) {
        panic!("{error}");
    }
}
