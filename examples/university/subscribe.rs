//! Taking a course. It is decided on what happened to the course and to the student, wherever that
//! stands: its boundary is those two tags. Nothing else waits for it.

use factum::prelude::*;

use super::events::UniversityEvent::{self, *};
use super::unsubscribe::Unsubscribe;

/// How many courses a student may take at once.
pub const MOST: u32 = 10;

/// Takes a course.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("university.subscribe")]
pub struct Subscribe {
    #[tag]
    pub course: String,
    #[tag]
    pub student: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such course")]
    NoCourse,
    #[error("the course is full")]
    Full,
    #[error("the student takes {MOST} courses already")]
    Busy,
}

/// A course and a student.
#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "subscription", event = UniversityEvent, error = Refusal,
            commands(Subscribe, Unsubscribe), boundary(course, student))]
pub struct Subscription {
    pub(super) course: String,
    pub(super) student: String,
    seats: Option<u32>,
    taken: u32,
    courses: u32,
    /// Whether the student takes the course.
    pub subscribed: bool,
}

impl Apply<UniversityEvent> for Subscription {
    fn apply(&mut self, event: &UniversityEvent) {
        match event {
            CourseOffered { seats, .. } | SeatsChanged { seats, .. } => self.seats = Some(*seats),
            Subscribed { course, student } => {
                let (here, mine) = (*course == self.course, *student == self.student);
                self.taken += u32::from(here);
                self.courses += u32::from(mine);
                self.subscribed |= here && mine;
            }
            Unsubscribed { course, student } => {
                let (here, mine) = (*course == self.course, *student == self.student);
                self.taken -= u32::from(here);
                self.courses -= u32::from(mine);
                self.subscribed &= !(here && mine);
            }
        }
    }
}

impl Handle<Subscribe> for Subscription {
    fn handle(&self, _: &Subscribe, _: &Context) -> Decision<Self> {
        let seats = self.seats.ok_or(Refusal::NoCourse)?;
        require!(self.subscribed || self.taken < seats, Refusal::Full);
        require!(self.subscribed || self.courses < MOST, Refusal::Busy);
        let (course, student) = (self.course.clone(), self.student.clone());
        emit((!self.subscribed).then_some(Subscribed { course, student }))
    }
}
