use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    Offered {
        #[tag]
        #[tag]
        course: String,
    },
}

fn main() {}
