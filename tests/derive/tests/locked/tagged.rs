//! A boundary, as its tags are changed later.

macro_rules! deployment {
    ($module:ident, $(#[$tag:meta])* boundary($($boundary:ident),*)) => {
        pub mod $module {
            use factum::prelude::*;

            #[derive(Event, Clone)]
            #[allow(dead_code)]
            pub enum CourseEvent {
                #[event("course.subscribed")]
                Subscribed {
                    #[tag]
                    course: String,
                    $(#[$tag])*
                    pupil: String,
                },
                #[event("course.met")]
                Met {
                    #[tag]
                    student: String,
                },
            }

            #[derive(Command, Serialize, Deserialize)]
            #[command("course.subscribe")]
            pub struct Subscribe {
                #[tag]
                course: String,
                #[tag("student")]
                pupil: String,
            }

            #[derive(Aggregate, Default)]
            #[aggregate(
                name = "subscription", event = CourseEvent, error = std::fmt::Error,
                commands(Subscribe), boundary($($boundary),*)
            )]
            #[allow(dead_code)]
            pub struct Subscription {
                course: String,
                student: String,
            }
            impl Apply<CourseEvent> for Subscription {
                fn apply(&mut self, _: &CourseEvent) {}
            }
            impl Handle<Subscribe> for Subscription {
                fn handle(&self, _: &Subscribe, _: &Context) -> Decision<Self> {
                    emit(None)
                }
            }
        }
    };
}

deployment!(
    first,
    #[tag("student")]
    boundary(course, student)
);
deployment!(untagged, boundary(course, student));
deployment!(
    renamed,
    #[tag("pupil")]
    boundary(course, student)
);
deployment!(
    turned,
    #[tag("student")]
    boundary(student, course)
);
deployment!(
    smaller,
    #[tag("student")]
    boundary(course)
);
