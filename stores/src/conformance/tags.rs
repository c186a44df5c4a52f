//! Reads and guards by tag: what a boundary is read and protected by. A store may answer them from an
//! index, and a guard from what is newest of each tag; neither may show.

use std::sync::Arc;

use factum_core::store::{
    Clause, Commit, Conflict, Direction, EventStore, Expected, Guard, Mark, Outcome, Position,
    Query, Range, Recorded, Refused, StreamWrite,
};

use tokio::task::yield_now;

use super::Subject;
use super::following::at_once;
use super::making::{accepted, append, commit, conflict, one, read, stream, tagged, tags};
use super::model;
use super::queries::check;

/// A clause of the events of some contexts that carry all of some tags.
fn clause(contexts: &[&str], with: &[&str]) -> Clause {
    let contexts = contexts.iter().map(|context| (*context).to_owned()).collect();
    Clause { contexts, tags: tags(with), ..Clause::default() }
}

/// What a boundary of one course and one student reads.
fn boundary(course: usize, student: usize) -> Query {
    let (course, student) = (format!("course:{course}"), format!("student:{student}"));
    let contexts = ["enrolment", "course"];
    Query::AnyOf(vec![clause(&contexts, &[&course]), clause(&contexts, &[&student])])
}

/// A commit of one event of a name with tags.
fn named(name: &'static str, with: &[&str]) -> Commit {
    let (stream, events) = (stream("all"), vec![tagged(name, with)]);
    commit([StreamWrite { stream, expected: Expected::Any, events }])
}

/// A commit of one event that enrols a student.
fn enrolled(course: usize, student: usize) -> Commit {
    named("enrolment.made", &[&format!("course:{course}"), &format!("student:{student}")])
}

fn behind(commit: Commit, query: &Query, after: Position) -> Commit {
    Commit { guard: Some(Guard { query: query.clone(), after }), ..commit }
}

/// Appends events of 7 courses and 11 students in three contexts; all events.
async fn fill(store: &dyn EventStore) -> Vec<Recorded> {
    let mut run = Vec::new();
    for n in 0..154_usize {
        let (course, student) = (format!("course:{}", n % 7), format!("student:{}", n * n % 11));
        run.push(match n % 5 {
            0 => named("course.moved", &[&course]),
            1 => named("student.moved", &[&course, &student]),
            2 => named("enrolment.made", &[&student]),
            3 => named("enrolment.made", &[]),
            _ => named("enrolment.made", &[&course, &student, "term:1"]),
        });
    }
    for outcome in store.append(run).await.unwrap() {
        outcome.unwrap();
    }
    read(store, &Query::All).await
}

fn queries() -> Vec<Query> {
    let courses: Vec<Clause> = (0..9).map(|n| clause(&[], &[&format!("course:{n}")])).collect();
    vec![
        boundary(0, 0),
        boundary(3, 5),
        boundary(9, 9),
        boundary(9, 10),
        Query::AnyOf(vec![clause(&[], &["course:1", "student:1"])]),
        Query::AnyOf(vec![clause(&[], &["course:1", "student:1", "term:1"])]),
        Query::AnyOf(vec![clause(&["course"], &["course:1", "term:1"])]),
        Query::AnyOf(vec![clause(&["none"], &["course:1"]), clause(&[], &["term:1"])]),
        // The same events by several clauses: each comes once.
        Query::AnyOf(vec![
            clause(&[], &["term:1"]),
            clause(&["enrolment"], &["course:2"]),
            clause(&[], &["term:1", "course:2"]),
        ]),
        Query::AnyOf(courses),
        // A clause without tags beside one with.
        Query::AnyOf(vec![clause(&["course"], &[]), clause(&[], &["student:4"])]),
    ]
}

/// Reads by clauses of tags and contexts, from either end, in ranges and in pages of any size.
pub async fn reads_of_boundaries_are_right<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let log = fill(&*store).await;
    assert_reads(&*store, &log).await;
}

async fn assert_reads(store: &dyn EventStore, log: &[Recorded]) {
    let at = |number: usize| log[number].at.position;
    let ranges = [
        Range::ALL,
        Range::after(at(76)),
        Range::after(at(10)).through(at(140)),
        Range::since(log[40].at.mark()),
        Range::from_revision(100),
    ];
    for query in queries() {
        for range in ranges {
            let wanted: Vec<&Recorded> = log
                .iter()
                .filter(|event| query.matches(event))
                .filter(|event| range.contains(event.at.position, event.at.revision))
                .collect();
            for limit in [1, 4, 1000] {
                check(store, &query, range, limit, &wanted).await;
            }
        }
    }
}

/// A guard forbids what a read of the same query finds: right behind each match, and right before it,
/// it names the first that comes after its position, or holds.
pub async fn a_guard_agrees_with_a_read<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let log = fill(&*store).await;
    assert_guards(&*store, &log).await;
}

async fn assert_guards(store: &dyn EventStore, log: &[Recorded]) {
    for query in queries() {
        let matching: Vec<Position> = log
            .iter()
            .filter(|event| query.matches(event))
            .map(|event| event.at.position)
            .collect();
        let mut afters: Vec<Position> = matching.clone();
        afters.extend(matching.iter().map(|position| Position::new(position.number() - 1)));
        for after in afters {
            let first = matching.iter().find(|position| **position > after);
            // Where the guard holds, an event is stored that none of the queries means.
            let told = append(store, behind(one("none", Expected::Any), &query, after)).await;
            match (first, told) {
                (None, Ok(_)) => {}
                (Some(first), Err(Refused::Conflict(Conflict::Guard { found, .. }))) => {
                    assert_eq!(found, *first, "{query} after {after}");
                }
                (first, told) => panic!("{query} after {after}: {first:?}, but {told:?}"),
            }
        }
    }
}

/// An event that a guard forbids counts from the position behind the guard's on, not at it.
pub async fn a_guard_begins_behind_its_position<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let query = boundary(1, 1);
    let start = store.head().await.unwrap().position;
    let first = accepted(&*store, behind(enrolled(1, 2), &query, start)).await.mark.position;
    let told = conflict(&*store, behind(enrolled(1, 3), &query, start)).await;
    assert_eq!(told, Conflict::Guard { query: query.clone(), after: start, found: first });
    // What is of neither tag is in nobody's way.
    accepted(&*store, enrolled(2, 2)).await;
    let second = accepted(&*store, behind(enrolled(3, 1), &query, first)).await.mark.position;
    let told = conflict(&*store, behind(enrolled(1, 1), &query, first)).await;
    assert_eq!(told, Conflict::Guard { query: query.clone(), after: first, found: second });
    let head = store.head().await.unwrap().position;
    accepted(&*store, behind(enrolled(4, 4), &query, head)).await;
}

/// A clause forbids what carries all of its tags, in its contexts: newer events that carry each of
/// them apart, or another context's, are none of it.
pub async fn a_guard_forbids_only_what_has_it_all<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let query = Query::AnyOf(vec![clause(&["enrolment"], &["course:1", "student:1"])]);
    let both = accepted(&*store, enrolled(1, 1)).await.mark.position;
    for (name, with) in [
        ("enrolment.made", ["course:1", "student:2"]),
        ("enrolment.made", ["course:2", "student:1"]),
        ("student.moved", ["course:1", "student:1"]),
        ("enrolment.made", ["course:1", "student:11"]),
    ] {
        accepted(&*store, behind(named(name, &with), &query, both)).await;
    }
    let again = accepted(&*store, behind(enrolled(1, 1), &query, both)).await.mark.position;
    let told = conflict(&*store, behind(enrolled(5, 5), &query, both)).await;
    assert_eq!(told, Conflict::Guard { query, after: both, found: again });
}

/// A guard by tags does not see what its own run wrote, stored now or before, and does see what others
/// did between.
pub async fn a_guard_by_tags_ignores_its_own_run<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let query = boundary(1, 1);
    let known = accepted(&*store, enrolled(1, 1)).await.mark.position;
    let step = || behind(enrolled(1, 1), &query, known);
    let first = vec![step(), step(), step()];
    let outcomes = store.append(first.clone()).await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    // Tried again with more on top, as after an answer that was lost.
    let longer = [first, vec![step()]].concat();
    let outcomes = store.append(longer.clone()).await.unwrap();
    let repeated: Vec<bool> = outcomes.iter().map(|o| o.as_ref().unwrap().repeated).collect();
    assert_eq!(repeated, [true, true, true, false]);
    // The same with another's event in between: only what is new is refused.
    let between = accepted(&*store, enrolled(1, 7)).await.mark.position;
    let outcomes = store.append([longer, vec![step()]].concat()).await.unwrap();
    assert!(outcomes[..4].iter().all(|outcome| outcome.as_ref().is_ok_and(|r| r.repeated)));
    match &outcomes[4] {
        Err(Refused::Conflict(Conflict::Guard { found, .. })) => assert_eq!(*found, between),
        other => panic!("the other's event is forbidden: {other:?}"),
    }
}

/// A commit that is known is answered, whatever its guard would say by now.
pub async fn a_repeat_is_not_guarded<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let (query, start) = (boundary(1, 1), store.head().await.unwrap().position);
    let first = behind(enrolled(1, 1), &query, start);
    let receipt = accepted(&*store, first.clone()).await;
    accepted(&*store, enrolled(1, 2)).await;
    let again = accepted(&*store, first).await;
    assert!(again.repeated);
    assert_eq!((again.mark, again.writes), (receipt.mark, receipt.writes));
}

/// Reads and guards by tags are the same after the log was closed and opened.
pub async fn tags_survive_reopening<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let log = fill(&*subject.store()).await;
    let Some(subject) = subject.reopen().await else { return };
    assert_tags_go_on(&*subject.store(), log).await;
}

/// They are after a crash, which leaves what was acknowledged.
pub async fn tags_survive_a_crash<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let log = fill(&*subject.store()).await;
    let Some(subject) = subject.crash().await else { return };
    let store = subject.store();
    if store.head().await.unwrap() == log[log.len() - 1].at.mark() {
        assert_tags_go_on(&*store, log).await;
    }
}

async fn assert_tags_go_on(store: &dyn EventStore, log: Vec<Recorded>) {
    assert_reads(store, &log).await;
    if store.capabilities().guards {
        assert_guards(store, &log).await;
        assert_course_is_guarded(store, &log).await;
    }
}

/// What was appended before is seen together with what is appended now.
async fn assert_course_is_guarded(store: &dyn EventStore, log: &[Recorded]) {
    let query = boundary(2, 99);
    let newest = log.iter().rfind(|event| query.matches(event)).unwrap().at.position;
    let early = Position::new(newest.number() - 1);
    let told = conflict(store, behind(enrolled(2, 99), &query, early)).await;
    assert_eq!(told, Conflict::Guard { query: query.clone(), after: early, found: newest });
    let next = accepted(store, behind(enrolled(2, 99), &query, newest)).await.mark.position;
    let told = conflict(store, behind(enrolled(2, 99), &query, newest)).await;
    assert_eq!(told, Conflict::Guard { query: query.clone(), after: newest, found: next });
    let page = store.read(query, Range::ALL, Direction::Backward, 2).await.unwrap();
    let positions: Vec<Position> = page.events.iter().map(|event| event.at.position).collect();
    assert_eq!(positions, [next, newest]);
}

/// Another process reads by tags what the writer appends.
pub async fn a_reader_finds_tags<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    let Some(reader) = subject.reader().await else { return };
    let mut log = fill(&*store).await;
    assert_reads(&*reader, &log).await;
    accepted(&*store, enrolled(3, 3)).await;
    log.extend(read(&*store, &Query::Stream(stream("all"))).await.pop());
    let newest = reader.read(boundary(3, 9), Range::ALL, Direction::Backward, 1).await.unwrap();
    assert_eq!(newest.events, log[log.len() - 1..]);
}

const RACERS: usize = 64;

/// 64 racers on one boundary of two tags, round after round: one wins, the others are told by whom.
pub async fn one_wins_each_boundary<S: Subject>(fresh: impl AsyncFn() -> S) {
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    let mut mark = store.head().await.unwrap();
    for round in 0..25 {
        let query = boundary(1, round);
        let outcomes = race(&store, &query, mark, round).await;
        let won: Vec<Position> =
            outcomes.iter().flatten().map(|receipt| receipt.mark.position).collect();
        assert_eq!(won.len(), 1, "{won:?} of {RACERS} racers");
        for lost in outcomes.into_iter().filter_map(Result::err) {
            match lost {
                Refused::Conflict(Conflict::Guard { found, .. }) => assert_eq!(found, won[0]),
                other => panic!("a loser is told a conflict, not: {other}"),
            }
        }
        let page = store.read(query, Range::since(mark), Direction::Forward, 10).await.unwrap();
        assert_eq!((page.events.len(), page.events[0].at.position), (1, won[0]));
        mark = page.complete_to;
    }
}

async fn race(
    store: &Arc<dyn EventStore>,
    query: &Query,
    mark: Mark,
    round: usize,
) -> Vec<Outcome> {
    at_once(RACERS, |racer| {
        let student = if racer % 2 == 0 { round } else { 1000 + racer };
        let own = behind(enrolled(1, student), query, mark.position);
        let store = Arc::clone(store);
        async move { append(&*store, own).await }
    })
    .await
}

/// Writers who read a boundary, decide on it and append behind their read never put more into a course
/// than it takes, however many of them there are.
pub async fn no_boundary_is_overdrawn<S: Subject>(fresh: impl AsyncFn() -> S) {
    const PLACES: usize = 20;
    let subject = fresh().await;
    let store = subject.store();
    if !store.capabilities().guards {
        return;
    }
    at_once(16, |student| {
        let store = Arc::clone(&store);
        async move {
            for course in [1, 2] {
                while enrol(&*store, course, student, PLACES).await {}
            }
        }
    })
    .await;
    for course in [1, 2] {
        let all = Query::tagged(tags(&[&format!("course:{course}")]));
        assert_eq!(read(&*store, &all).await.len(), PLACES, "course {course}");
    }
}

/// Whether there may be room for more.
async fn enrol(store: &dyn EventStore, course: usize, student: usize, places: usize) -> bool {
    let query = boundary(course, student);
    let page = store.read(query.clone(), Range::ALL, Direction::Forward, 1000).await.unwrap();
    let course_tag = tags(&[&format!("course:{course}")]);
    let taken = page.events.iter().filter(|e| e.at.tags.contain_all(&course_tag)).count();
    if taken >= places {
        return false;
    }
    let own = behind(enrolled(course, student), &query, page.complete_to.position);
    // The others read, too, before this one appends.
    yield_now().await;
    match append(store, own).await {
        Ok(_) | Err(Refused::Conflict(Conflict::Guard { .. })) => true,
        Err(other) => panic!("{other}"),
    }
}

/// Random work on few tags, from seeds that never change, on the store and on the plainest model.
pub async fn random_tags_agree_with_the_model<S: Subject>(fresh: impl AsyncFn() -> S) {
    model::random_tags(fresh).await;
}
