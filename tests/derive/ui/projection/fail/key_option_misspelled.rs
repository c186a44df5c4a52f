use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.offered")]
    Offered {
        #[tag]
        course: String,
    },
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "courses", from(CourseEvent))]
struct Course {
    #[key(tga)]
    course: String,
}

impl Project<CourseEvent> for Course {
    fn project(&mut self, _: &CourseEvent, _: &Origin) {}
}

fn main() {}
