//! A university: five hundred students ask for ten courses of a hundred seats, all at once.
//!
//! ```text
//! cargo run --release --example university -- [FILE | --store URL]
//! ```
//!
//! A subscription is decided on two things, the course and the student, neither of which owns the
//! rule. Without a file it uses a temporary one.

#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod course;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod events;
#[path = "../place/mod.rs"]
mod place;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod subscribe;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod unsubscribe;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod views;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use factum::{App, AppBuilder, SendError};
use futures_util::stream::{self, StreamExt};

use course::{Course, OfferCourse};
use place::Place;
use subscribe::{Refusal, Subscribe, Subscription};
use views::CourseRow;

const COURSES: u32 = 10;
const SEATS: u32 = 100;
const STUDENTS: u32 = 500;
/// How many commands are on their way at once.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    match tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("university: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the university consists of.
pub(crate) fn university(app: AppBuilder) -> AppBuilder {
    app.aggregate::<Course>().aggregate::<Subscription>().projection::<CourseRow>()
}

async fn tell() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let place = Place::of_command_line("university")?;
    let place = place.unwrap_or_else(|| Place::File(scratch.path().join("university.db")));
    let out = &mut io::stdout();
    let app = university(place.open().await?).start().await?;
    for course in courses() {
        app.send(OfferCourse { course, seats: SEATS }).await?;
    }
    writeln!(
        out,
        "{COURSES} courses of {SEATS} seats, and {STUDENTS} students who want them all."
    )?;

    let counts = rush(&app).await?;
    let (granted, full, busy) = (counts.granted, counts.full, counts.busy);
    writeln!(
        out,
        "{granted} subscriptions, {full} found the course full, {busy} had ten already."
    )?;

    let rows = app.view::<CourseRow>().after(app.store().head().await?.position);
    for row in rows.filter(CourseRow::TAKEN.ge(0)).all().await? {
        writeln!(out, "  {}: {} of {} seats", row.course, row.taken, row.seats)?;
    }
    app.stop().await?;
    Ok(())
}

fn courses() -> impl Iterator<Item = String> {
    (1..=COURSES).map(|course| format!("course-{course:02}"))
}

/// What became of the wishes.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) granted: u32,
    pub(crate) full: u32,
    pub(crate) busy: u32,
}

/// Each student asks for each course.
async fn rush(app: &App) -> Result<Counts, Box<dyn Error>> {
    let wishes = (1..=STUDENTS).flat_map(|student| {
        let student = format!("student-{student:03}");
        courses().map(move |course| Subscribe { course, student: student.clone() })
    });
    let mut answers = stream::iter(wishes.map(|wish| app.send(wish))).buffer_unordered(AT_ONCE);
    let mut counts = Counts::default();
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(_) => counts.granted += 1,
            Err(SendError::Rejected(Refusal::Full)) => counts.full += 1,
            Err(SendError::Rejected(Refusal::Busy)) => counts.busy += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(counts)
}
