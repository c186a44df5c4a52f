use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    Offered {
        #[tag(nmae = "a")]
        course: String,
    },
}

fn main() {}
