//! What cannot be brought about from outside: a commit of which nobody knows whether it was stored.

use std::sync::Arc;

use factum_core::store::{
    Commit, Expected, Metadata, NewEvent, Outcome, Range, Receipt, StoreError, StreamWrite,
};
use factum_core::store::{Direction, Query};
use factum_core::{EventName, Key, StreamName, Tags};

use super::super::deferred::Deferred;
use super::super::fault::Fault;
use super::super::names::lock;
use super::super::schema::{open_reader, open_writer};
use super::super::transaction::read;
use super::super::{Shared, SqliteOptions, read as pages};
use super::append::Appender;
use super::log::Log;

fn open(file: &std::path::Path) -> (Log, Arc<Shared>) {
    let options = SqliteOptions::default();
    let (conn, id) = open_writer(file, &options).unwrap();
    let shared = Shared::new(file.to_owned(), id, options);
    (Log::open(conn, &shared).unwrap(), shared)
}

fn commit(expected: Expected) -> Commit {
    let event = NewEvent {
        name: EventName::fixed("thing.happened"),
        version: 1,
        tags: Tags::none(),
        payload: "{}".into(),
    };
    let stream = StreamName::of("thing", "one").unwrap();
    let writes = vec![StreamWrite { stream, expected, events: vec![event; 2] }];
    Commit { key: Key::now_v7(), meta: Metadata::default(), writes, guard: None, views: Vec::new() }
}

fn append(log: &mut Log, shared: &Shared, commit: &Commit) -> Receipt {
    let mut appender = Appender::new(log, shared).unwrap();
    let mut outcomes: Vec<Outcome> = appender.append(std::slice::from_ref(commit)).unwrap();
    outcomes.remove(0).unwrap()
}

/// The positions of the stream, as a reader sees them.
fn stream(shared: &Shared) -> Vec<u64> {
    let conn = open_reader(&shared.file).unwrap();
    let query = Query::Stream(StreamName::of("thing", "one").unwrap());
    let page = read(&conn, shared, |reading| {
        pages::page(reading, &query, &Range::ALL, Direction::Forward, 100)
    });
    page.unwrap().events.iter().map(|event| event.at.position.number()).collect()
}

#[test]
fn what_was_stored_all_the_same_is_found_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, shared) = open(&folder.path().join("log.db"));
    let commit = commit(Expected::NoStream);
    log.begin().unwrap();
    let receipt = append(&mut log, &shared, &commit);
    log.commit().unwrap();
    assert!(log.roll_back(&shared, true).is_none());
    assert_eq!(stream(&shared), [1, 2], "a reader before the recovery");

    let mut log = Log::recover(&shared).unwrap();
    assert_eq!(log.end(), 2);
    log.begin().unwrap();
    let again = append(&mut log, &shared, &commit);
    assert!(again.repeated);
    assert_eq!((again.mark, again.writes), (receipt.mark, receipt.writes));
}

#[test]
fn what_was_not_stored_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, shared) = open(&folder.path().join("log.db"));
    log.begin().unwrap();
    append(&mut log, &shared, &commit(Expected::NoStream));
    log.commit().unwrap();
    log.committed(&shared);

    let lost = commit(Expected::Revision(1));
    log.begin().unwrap();
    let before = append(&mut log, &shared, &lost);
    assert_eq!(stream(&shared), [1, 2], "a reader beside the transaction");
    assert!(log.roll_back(&shared, true).is_none());

    let mut log = Log::recover(&shared).unwrap();
    log.begin().unwrap();
    let after = append(&mut log, &shared, &lost);
    log.commit().unwrap();
    log.committed(&shared);
    assert!(!after.repeated);
    assert_eq!((after.mark.position, after.writes), (before.mark.position, before.writes));
    assert_ne!(after.mark, before.mark, "another history has another stamp");
    assert_eq!(stream(&shared), [1, 2, 3, 4]);
}

#[test]
fn a_lost_file_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.db");
    let (log, shared) = open(&file);
    drop(log);
    let remove = |suffix: &str| {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    };
    ["", "-wal", "-shm"].into_iter().for_each(remove);
    let error = Log::recover(&shared).unwrap_err().into_store(&file);
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(!file.exists());

    std::fs::write(&file, "").unwrap();
    let error = Log::recover(&shared).unwrap_err().into_store(&file);
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(file.metadata().unwrap().len(), 0);
}

#[test]
fn an_older_file_in_its_place_is_indexed_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, shared) = open(&folder.path().join("log.db"));
    log.begin().unwrap();
    append(&mut log, &shared, &commit(Expected::NoStream));
    log.commit().unwrap();
    log.committed(&shared);
    drop(log);
    // As if the index in the file had gone further before.
    *lock(&shared.deferred) = Deferred::new(9);
    let conn = open_reader(&shared.file).unwrap();
    let outdated = read(&conn, &shared, |reading| reading.index().newest(1));
    assert!(matches!(outdated, Err(Fault::Outdated)), "{outdated:?}");

    let log = Log::recover(&shared).unwrap();
    assert_eq!(log.end(), 2);
    assert_eq!(stream(&shared), [1, 2]);
}
