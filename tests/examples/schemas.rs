//! What the examples persist, and the documents that are made of it. `FACTUM_LOCK=update` writes both
//! anew.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use factum::schema::{check_documents, lock};
use factum::{App, AppBuilder};

use crate::bank::bank;
use crate::fines::fines;

#[test]
fn what_a_bank_has_stored_can_be_read() {
    lock!(bank(App::memory()), "examples/bank");
}

#[test]
fn what_is_stored_of_fines_can_be_read() {
    lock!(fines(App::memory()), "examples/fines");
}

#[test]
fn the_documents_of_the_examples_are_up_to_date() {
    up_to_date("bank", &bank(App::memory()));
    up_to_date("fines", &fines(App::memory()));
}

fn up_to_date(example: &str, app: &AppBuilder) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("docs");
    let documents = app.describe().documents(example, env!("CARGO_PKG_VERSION"));
    if let Err(error) = check_documents(&documents, folder) {
        panic!("{error}");
    }
}
