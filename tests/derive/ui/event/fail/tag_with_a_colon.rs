use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    Offered {
        #[tag("a:b")]
        course: String,
    },
}

fn main() {}
