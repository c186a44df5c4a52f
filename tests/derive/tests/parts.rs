//! What an app says of its parts: at the start, and when it is described.
#![deny(warnings, clippy::pedantic)]

use factum::StartError;
use factum::prelude::*;

/// It shines, or not.
#[derive(Event, Clone, Debug)]
enum LampEvent {
    /// Somebody turned it on.
    #[event("lamp.lit")]
    Lit {
        /// How bright.
        watts: u32,
    },
}

/// Turns it on.
///
/// Once is enough.
#[derive(Command, Serialize, Deserialize)]
#[command("lamp.light")]
struct Light {
    /// Which one.
    #[id]
    lamp: String,
}

macro_rules! receiver {
    ($name:ident, $category:literal) => {
        /// What shines.
        #[derive(Aggregate, Default, Debug)]
        #[aggregate(
                    name = $category, event = LampEvent, error = std::fmt::Error, commands(Light)
                )]
        struct $name;

        impl Apply<LampEvent> for $name {
            fn apply(&mut self, _: &LampEvent) {}
        }
        impl Handle<Light> for $name {
            fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
                emit(LampEvent::Lit { watts: 60 })
            }
        }
    };
}
receiver!(Lamp, "lamp");
receiver!(Torch, "torch");

/// All lamps.
#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "lamps", from(LampEvent))]
struct Row {
    #[key]
    lamp: String,
    /// How bright it is.
    #[index]
    watts: u32,
}
impl Project<LampEvent> for Row {
    fn project(&mut self, event: &LampEvent, _: &Origin) {
        let LampEvent::Lit { watts } = event;
        self.watts = *watts;
    }
}

#[tokio::test]
async fn a_command_of_two_aggregates_stops_the_start() {
    let app = App::memory().aggregate::<Lamp>().aggregate::<Torch>();
    let problems = app.describe().problems;
    let error = app.start().await.unwrap_err();
    assert_eq!(problems, [error.to_string()]);
    assert!(matches!(error, StartError::SeveralReceivers { command: "lamp.light", .. }));
    let told = error.to_string();
    assert!(told.contains("Lamp and ") && told.contains("Torch both list"), "{told}");
    App::memory().aggregate::<Lamp>().aggregate::<Lamp>().start().await.unwrap();
}

#[tokio::test]
async fn an_app_describes_itself_before_it_runs_and_after() {
    let built = App::memory().aggregate::<Lamp>().projection::<Row>();
    let before = built.describe();
    let app = built.start().await.unwrap();
    assert_eq!(app.describe(), before);
    app.stop().await.unwrap();

    let [lamp] = before.aggregates.as_slice() else { panic!("{before:?}") };
    assert_eq!((lamp.name, lamp.docs.item, lamp.commands.len()), ("lamp", "What shines.", 1));
    assert_eq!(lamp.commands[0].docs.item, "Turns it on.\n\nOnce is enough.");
    assert_eq!(lamp.commands[0].docs.field("lamp"), "Which one.");
    assert_eq!(lamp.events[0].docs.field("watts"), "How bright.");
    assert!(lamp.events[0].event_type.ends_with("::LampEvent"));
    let [row] = before.projections.as_slice() else { panic!("{before:?}") };
    assert_eq!((row.name, row.version, row.docs.item), ("lamps", 1, "All lamps."));
    assert_eq!(row.docs.field("watts"), "How bright it is.");
    assert_eq!(row.follows, lamp.events);
    let lines: Vec<_> = row.row.lines().iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["lamp: string", "watts: u32"]);
}
