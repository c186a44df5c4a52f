//! Leaving a course.

use factum::prelude::*;

use super::events::UniversityEvent::*;
use super::subscribe::Subscription;

/// Leaves a course.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("university.unsubscribe")]
pub struct Unsubscribe {
    #[tag]
    pub course: String,
    #[tag]
    pub student: String,
}

impl Handle<Unsubscribe> for Subscription {
    fn handle(&self, _: &Unsubscribe, _: &Context) -> Decision<Self> {
        let (course, student) = (self.course.clone(), self.student.clone());
        emit(self.subscribed.then_some(Unsubscribed { course, student }))
    }
}
