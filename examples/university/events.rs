//! What happens at the university.

use factum::prelude::*;

#[derive(Event, Debug, PartialEq)]
pub enum UniversityEvent {
    /// A course is offered.
    #[event("university.course_offered")]
    CourseOffered {
        #[tag]
        course: String,
        seats: u32,
    },
    /// A course has more seats, or fewer.
    #[event("university.seats_changed")]
    SeatsChanged {
        #[tag]
        course: String,
        seats: u32,
    },
    /// A student takes a course.
    #[event("university.subscribed")]
    Subscribed {
        #[tag]
        course: String,
        #[tag]
        student: String,
    },
    /// A student leaves a course.
    #[event("university.unsubscribed")]
    Unsubscribed {
        #[tag]
        course: String,
        #[tag]
        student: String,
    },
}
