//! Races over boundaries of tags, on the example university, for any store.
//!
//! Each takes several apps on one log: one, where the store has a single writer, else as many as there
//! would be processes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(missing_docs, reason = "the modules of an example")]

#[path = "../../../examples/university/course.rs"]
pub mod course;
#[path = "../../../examples/university/events.rs"]
pub mod events;
#[path = "../../../examples/university/subscribe.rs"]
pub mod subscribe;
#[path = "../../../examples/university/unsubscribe.rs"]
pub mod unsubscribe;
#[path = "../../../examples/university/views.rs"]
pub mod views;

use factum::store::EventStore;
use factum::{App, SendError, Tag, Tags};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};

use course::{Course, OfferCourse};
use events::UniversityEvent;
use subscribe::{MOST, Refusal, Subscribe, Subscription};

const RACERS: usize = 64;
const COURSES: u32 = 10;
const SEATS: u32 = 100;
const STUDENTS: u32 = 500;

/// An app on a store, as one process has it. Others write, too, so conflicts are tried again longer.
///
/// # Panics
/// If it does not start.
pub async fn university(store: impl EventStore) -> App {
    let app = App::with_store(store).aggregate::<Course>().aggregate::<Subscription>();
    app.settings(|settings| settings.retries = 200).start().await.unwrap()
}

async fn offer(app: &App, course: &str, seats: u32) {
    app.send(OfferCourse { course: course.to_owned(), seats }).await.unwrap();
}

fn wish(course: &str, student: &str) -> Subscribe {
    Subscribe { course: course.to_owned(), student: student.to_owned() }
}

/// Sixty-four students ask for the last seat at once, again and again: exactly one gets it.
///
/// # Panics
/// If that is not so.
pub async fn race_for_the_last_seat(apps: &[App], rounds: usize) {
    for round in 0..rounds {
        let course = format!("last-{round}");
        offer(&apps[0], &course, 1).await;
        let racers = (0..RACERS).map(|racer| {
            let app = &apps[racer % apps.len()];
            app.send(wish(&course, &format!("racer-{round}-{racer}")))
        });
        let mut won = 0;
        for answer in join_all(racers).await {
            match answer {
                Ok(done) => {
                    assert_eq!(done.events.len(), 1);
                    won += 1;
                }
                Err(SendError::Rejected(Refusal::Full)) => {}
                Err(other) => panic!("round {round}: {other}"),
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
}

/// Five hundred students ask for ten courses of a hundred seats: no course is oversold, none is left
/// with seats, and what the log says is what was answered.
///
/// # Panics
/// If that is not so.
pub async fn rush(apps: &[App]) {
    let courses: Vec<_> = (0..COURSES).map(|course| format!("course-{course}")).collect();
    for course in &courses {
        offer(&apps[0], course, SEATS).await;
    }
    let wishes = (0..STUDENTS).flat_map(|student| {
        let student = format!("student-{student}");
        courses.iter().map(move |course| wish(course, &student))
    });
    let apps_in_turn = apps.iter().cycle();
    let sent = wishes.zip(apps_in_turn).map(|(wish, app)| app.send(wish));
    let answers: Vec<_> = stream::iter(sent).buffer_unordered(RACERS).collect().await;
    let granted = answers.iter().filter(|answer| answer.is_ok()).count();
    for answer in answers {
        let refused = matches!(answer, Err(SendError::Rejected(Refusal::Full | Refusal::Busy)));
        assert!(answer.is_ok() || refused, "{answer:?}");
    }
    assert_eq!(granted, (COURSES * SEATS) as usize);
    for course in &courses {
        assert_eq!(subscriptions(&apps[0], "course", course).await, SEATS);
    }
    for student in 0..STUDENTS {
        let taken = subscriptions(&apps[0], "student", &format!("student-{student}")).await;
        assert!(taken <= MOST, "student {student} takes {taken}");
    }
}

/// How many subscriptions the log has for a tag.
async fn subscriptions(app: &App, name: &str, value: &str) -> u32 {
    use factum::store::{Direction, Query, Range};

    let tags: Tags = [Tag::new(name, value).unwrap()].into_iter().collect();
    let page = app.store().read(Query::tagged(tags), Range::ALL, Direction::Forward, 10_000);
    let page = page.await.unwrap();
    assert!(!page.more);
    let events = page.events.iter().map(|event| factum::codec::decode(event).unwrap());
    events.filter(|event| matches!(event, UniversityEvent::Subscribed { .. })).count() as u32
}

/// What a boundary is decided on shows in what it may be asked.
///
/// # Panics
/// If a state is not that of its tags.
pub async fn states_by_tags(app: &App) {
    offer(app, "maths", 2).await;
    offer(app, "music", 2).await;
    app.send(wish("maths", "ann")).await.unwrap();
    app.send(wish("music", "bob")).await.unwrap();
    // A repeat changes nothing, and is answered as what it was.
    let again = app.send(wish("maths", "ann")).await.unwrap();
    assert!(again.events.is_empty());
    let key = factum::Key::now_v7();
    let first = app.send(wish("music", "ann")).id(key).await.unwrap();
    let second = app.send(wish("music", "ann")).id(key).await.unwrap();
    assert!(second.repeated && !first.repeated);
    assert_eq!((first.position, first.events), (second.position, second.events));

    let boundary = |course: &str, student: &str| -> Tags {
        let tags = [Tag::new("course", course).unwrap(), Tag::new("student", student).unwrap()];
        tags.into_iter().collect()
    };
    let states = app.events::<Subscription>();
    assert!(states.within(&boundary("maths", "ann")).await.unwrap().subscribed);
    assert!(!states.within(&boundary("maths", "bob")).await.unwrap().subscribed);
    assert!(states.within(&Tags::none()).await.is_err());
    // The seats of a course that ran out are free again for others.
    assert!(matches!(
        app.send(wish("music", "cid")).await,
        Err(SendError::Rejected(Refusal::Full))
    ));
    let leave = unsubscribe::Unsubscribe { course: "music".into(), student: "bob".into() };
    app.send(leave).await.unwrap();
    app.send(wish("music", "cid")).await.unwrap();
    assert!(matches!(
        app.send(wish("latin", "cid")).await,
        Err(SendError::Rejected(Refusal::NoCourse))
    ));
}
