//! Courses: what is offered, with how many seats. Its boundary is the course.

use factum::prelude::*;

use super::events::UniversityEvent::{self, *};

/// Offers a course, once.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("university.offer_course")]
pub struct OfferCourse {
    #[tag]
    pub course: String,
    pub seats: u32,
}

/// Changes how many seats a course has. Those who have one keep it.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("university.change_seats")]
pub struct ChangeSeats {
    #[tag]
    pub course: String,
    pub seats: u32,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("there is no such course")]
pub struct NoCourse;

/// A course.
#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "course", event = UniversityEvent, error = NoCourse,
            commands(OfferCourse, ChangeSeats), boundary(course))]
pub struct Course {
    course: String,
    seats: Option<u32>,
}

impl Apply<UniversityEvent> for Course {
    fn apply(&mut self, event: &UniversityEvent) {
        if let CourseOffered { seats, .. } | SeatsChanged { seats, .. } = event {
            self.seats = Some(*seats);
        }
    }
}

impl Handle<OfferCourse> for Course {
    fn handle(&self, cmd: &OfferCourse, _: &Context) -> Decision<Self> {
        let new = self.seats.is_none();
        emit(new.then(|| CourseOffered { course: self.course.clone(), seats: cmd.seats }))
    }
}

impl Handle<ChangeSeats> for Course {
    fn handle(&self, cmd: &ChangeSeats, _: &Context) -> Decision<Self> {
        require!(self.seats.is_some(), NoCourse);
        let other = self.seats != Some(cmd.seats);
        emit(other.then(|| SeatsChanged { course: self.course.clone(), seats: cmd.seats }))
    }
}
