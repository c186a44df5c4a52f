use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    Offered {
        #[tag]
        course: f64,
    },
}

fn main() {}
