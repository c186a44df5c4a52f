use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    #[tag]
    Offered { course: String },
}

fn main() {}
