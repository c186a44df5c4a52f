//! The rules of writes and of what can be read.

use uuid::Uuid;

use super::*;

fn event(event_type: &str) -> Proposed {
    Proposed { id: Uuid::new_v4(), ..Proposed::system(event_type, "{}") }
}

fn events(count: usize) -> Vec<Proposed> {
    (0..count).map(|index| event(&index.to_string())).collect()
}

fn commit(log: &mut Log, plan: Plan) -> Written {
    match plan {
        Plan::Commit { records, own } => {
            let mut records = log.commit(records);
            records.truncate(own);
            log.remember(&records);
            Written::ending_with(records.last().unwrap())
        }
        Plan::Done(written) => written,
    }
}

fn append(
    log: &mut Log,
    stream: &str,
    expected: Expected,
    events: &[Proposed],
) -> Result<Written, Refused> {
    let plan = log.plan_append(stream, expected, events.to_vec())?;
    Ok(commit(log, plan))
}

fn delete(log: &mut Log, stream: &str) {
    let plan = log.plan_delete(stream, Expected::Any).unwrap();
    commit(log, plan);
}

fn log_with(stream: &str, events: &[Proposed]) -> Log {
    let mut log = Log::new(100);
    append(&mut log, stream, Expected::NoStream, events).unwrap();
    log
}

fn is_wrong(outcome: &Result<Written, Refused>, at: Option<u64>) -> bool {
    matches!(outcome, Err(Refused::WrongVersion { current, .. }) if *current == at)
}

#[test]
fn positions_grow_and_are_those_of_the_records() {
    let log = log_with("s", &events(3));
    let positions: Vec<_> = log.records().iter().map(|record| record.position).collect();
    assert!(positions.is_sorted_by(|one, next| one < next));
    assert_eq!(log.index_of(positions[1]), Ok(1));
    assert_eq!(log.index_after(positions[1]), Ok(2));
    assert_eq!(log.index_after(0), Ok(0));
    assert_eq!(log.index_of(positions[1] + 1), Err(BadPosition(positions[1] + 1)));
}

#[test]
fn an_exact_write_that_is_there_already_is_repeated_only_as_a_whole() {
    let batch = events(3);
    let mut log = log_with("s", &batch);
    let again = append(&mut log, "s", Expected::NoStream, &batch).unwrap();
    assert_eq!(again.revision, Some(2));
    let shorter = append(&mut log, "s", Expected::NoStream, &batch[..2]).unwrap();
    assert_eq!(shorter.revision, Some(1));
    let longer = [&batch[..], &events(1)].concat();
    assert!(is_wrong(&append(&mut log, "s", Expected::NoStream, &longer), Some(2)));
    assert!(is_wrong(&append(&mut log, "s", Expected::Revision(0), &batch), Some(2)));
    assert_eq!(log.records().len(), 3);
}

#[test]
fn any_knows_an_id_again_only_while_it_is_recent() {
    let batch = events(2);
    let mut log = Log::new(2);
    append(&mut log, "s", Expected::Any, &batch).unwrap();
    assert_eq!(append(&mut log, "s", Expected::Any, &batch).unwrap().revision, Some(1));
    append(&mut log, "other", Expected::Any, &events(2)).unwrap();
    assert_eq!(append(&mut log, "s", Expected::Any, &batch).unwrap().revision, Some(3));
}

#[test]
fn any_refuses_a_batch_of_which_only_the_first_is_known() {
    let batch = events(1);
    let mut log = log_with("s", &batch);
    let longer = [&batch[..], &events(1)].concat();
    assert!(is_wrong(&append(&mut log, "s", Expected::Any, &longer), Some(0)));
}

#[test]
fn a_revision_above_the_last_is_wrong() {
    let mut log = log_with("s", &events(2));
    assert!(is_wrong(&append(&mut log, "s", Expected::Revision(2), &events(1)), Some(1)));
    assert!(is_wrong(&append(&mut log, "t", Expected::Revision(0), &events(1)), None));
}

#[test]
fn an_empty_append_writes_nothing() {
    let mut log = log_with("s", &events(2));
    let nothing = append(&mut log, "s", Expected::Revision(1), &[]).unwrap();
    assert_eq!(nothing, Written { revision: Some(1), position: None });
    assert!(is_wrong(&append(&mut log, "s", Expected::Revision(0), &[]), Some(1)));
    let missing = append(&mut log, "t", Expected::Any, &[]).unwrap();
    assert_eq!(missing, Written { revision: None, position: None });
}

#[test]
fn a_stream_with_metadata_only_exists() {
    let mut log = Log::new(0);
    assert!(is_wrong(&append(&mut log, "s", Expected::Exists, &events(1)), None));
    append(&mut log, "$$s", Expected::Any, &[event(METADATA)]).unwrap();
    assert_eq!(append(&mut log, "s", Expected::Exists, &events(1)).unwrap().revision, Some(0));
}

#[test]
fn a_deleted_stream_does_not_exist_and_comes_back_after_its_last_number() {
    let first = events(3);
    let mut log = log_with("s", &first);
    delete(&mut log, "s");
    assert_eq!(log.visible("s"), Visible::Missing);
    let refused = append(&mut log, "s", Expected::Exists, &events(1));
    assert_eq!(refused, Err(Refused::Deleted("s".to_owned())));
    assert_eq!(append(&mut log, "s", Expected::NoStream, &events(1)).unwrap().revision, Some(3));
    assert_eq!(log.visible("s"), Visible::Events { first: 3, next: 4 });
}

#[test]
fn new_metadata_of_a_deleted_stream_do_not_bring_its_events_back() {
    let mut log = log_with("s", &events(3));
    delete(&mut log, "s");
    append(&mut log, "$$s", Expected::Any, &[event(METADATA)]).unwrap();
    assert_eq!(log.visible("s"), Visible::Events { first: 3, next: 3 });
}

#[test]
fn a_metadata_stream_shows_its_last_event() {
    let mut log = Log::new(0);
    append(&mut log, "$$s", Expected::Any, &[event(METADATA), event(METADATA)]).unwrap();
    assert_eq!(log.visible("$$s"), Visible::Events { first: 1, next: 2 });
}

#[test]
fn deleting_needs_something_to_delete() {
    let log = Log::new(0);
    assert!(matches!(
        log.plan_delete("s", Expected::Any),
        Err(Refused::WrongVersion { current: None, .. })
    ));
}

#[test]
fn a_tombstone_ends_a_stream_and_its_metadata_even_if_nothing_was_there() {
    let mut log = Log::new(0);
    let plan = log.plan_tombstone("s", Expected::NoStream).unwrap();
    let written = commit(&mut log, plan);
    assert_eq!(written.revision, Some(TOMBSTONE.unsigned_abs()));
    assert_eq!(log.visible("s"), Visible::Ended);
    for stream in ["s", "$$s"] {
        let refused = append(&mut log, stream, Expected::Any, &events(1));
        assert_eq!(refused, Err(Refused::Deleted(stream.to_owned())));
    }
    assert_eq!(log.plan_delete("s", Expected::Any).unwrap_err(), Refused::Deleted("s".to_owned()));
}

#[test]
fn what_is_too_old_cannot_be_read() {
    let mut log = log_with("s", &events(2));
    let metadata = Proposed::system(METADATA, "{\"$maxAge\":0}");
    append(&mut log, "$$s", Expected::Any, &[metadata]).unwrap();
    // The clock is exact to 100 ns, and may not have moved.
    while ticks_now() <= log.records()[0].created {}
    assert_eq!(log.visible("s"), Visible::Events { first: 2, next: 2 });
    assert_eq!(log.records().len(), 3);
}

#[test]
fn a_link_leads_to_its_target_or_to_nothing() {
    let mut log = log_with("s", &events(2));
    let links = [Proposed::link(1, "s", ""), Proposed::link(7, "s", "")];
    append(&mut log, "links", Expected::Any, &links).unwrap();
    let links = log.slice("links", 0, 2, 2);
    let found = log.resolve(links[0].clone(), true);
    assert_eq!(found.event.unwrap().number, 1);
    assert_eq!(found.link.unwrap().stream, "links");
    assert!(log.resolve(links[1].clone(), true).event.is_none());
    assert_eq!(log.resolve(links[0].clone(), false).event.unwrap().event_type, LINK);
}
