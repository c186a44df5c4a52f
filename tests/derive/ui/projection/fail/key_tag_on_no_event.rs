use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    Offered { course: String },
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "courses", from(CourseEvent))]
struct Course {
    #[key(tag)]
    course: String,
}

impl Project<CourseEvent> for Course {
    fn project(&mut self, _: &CourseEvent, _: &Origin) {}
}

fn main() {}
