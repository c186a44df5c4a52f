//! What the university shows.

use factum::prelude::*;

use super::events::UniversityEvent::{self, *};

/// A course, with its seats. Its row is that of the tag, whatever stream an event stands in.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "courses", from(UniversityEvent))]
pub struct CourseRow {
    #[key(tag)]
    pub course: String,
    pub seats: u32,
    #[index]
    pub taken: u32,
}

impl Project<UniversityEvent> for CourseRow {
    fn project(&mut self, event: &UniversityEvent, _: &Origin) {
        match event {
            CourseOffered { seats, .. } | SeatsChanged { seats, .. } => self.seats = *seats,
            Subscribed { .. } => self.taken += 1,
            Unsubscribed { .. } => self.taken = self.taken.saturating_sub(1),
        }
    }
}
