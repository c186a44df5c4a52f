use factum::prelude::*;

#[derive(Event)]
enum CourseEvent {
    #[event("course.subscribed")]
    Subscribed {
        #[tag]
        course: String,
        #[tag]
        student: String,
    },
}

#[derive(Command, Serialize, Deserialize)]
#[command("course.subscribe")]
struct Subscribe {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Aggregate, Default)]
#[aggregate(
    name = "subscription", event = CourseEvent, error = std::fmt::Error, commands(Subscribe),
    boundary(course, student)
)]
struct Subscription {
    course: String,
    student: f64,
}

impl Apply<CourseEvent> for Subscription {
    fn apply(&mut self, _: &CourseEvent) {}
}
impl Handle<Subscribe> for Subscription {
    fn handle(&self, _: &Subscribe, _: &Context) -> Decision<Self> {
        emit(None)
    }
}

fn main() {}
