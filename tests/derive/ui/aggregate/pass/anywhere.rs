//! Items in functions, in modules, behind `macro_rules!`, with shadowed names.
#![deny(warnings)]
#![allow(dead_code)]

mod events {
    use factum::prelude::*;

    #[derive(Event, Clone)]
    pub enum DoorEvent {
        #[event("door.opened")]
        Opened { by: String },
        // These shadow what generated code must not use bare.
        #[event("door.ok")]
        Ok,
        #[event("door.err")]
        Err { r#type: String, r#match: u8 },
        #[event("door.none")]
        None,
        #[event("door.some")]
        Some,
    }
}

mod commands {
    use factum::prelude::*;

    #[derive(Command, Serialize, Deserialize)]
    #[command("door.open")]
    pub struct Open {
        #[id]
        pub r#in: Uuid,
    }
}

mod state {
    use super::commands;
    use super::events::DoorEvent::{self, *};
    use factum::prelude::*;

    #[derive(Aggregate, Default)]
    #[aggregate(name = "door", event = DoorEvent, error = std::fmt::Error, commands(commands::Open))]
    pub struct Door;

    impl Apply<DoorEvent> for Door {
        fn apply(&mut self, event: &DoorEvent) {
            match event {
                Opened { .. } | Ok | Err { .. } | None | Some => {}
            }
        }
    }
    impl Handle<commands::Open> for Door {
        fn handle(&self, cmd: &commands::Open, _: &Context) -> Decision<Self> {
            emit(Opened { by: cmd.r#in.to_string() })
        }
    }

    #[derive(Projection, Default, Clone, Serialize, Deserialize)]
    #[projection(name = "doors", from(DoorEvent))]
    pub struct Row {
        #[key]
        #[index]
        door: Uuid,
        name: String,
        version: u32,
        columns: u8,
    }
    impl Project<DoorEvent> for Row {
        fn project(&mut self, _: &DoorEvent, _: &Origin) {}
    }
}

macro_rules! counter {
    ($event:ident, $state:ident, $name:literal, $counted:literal, $field:ty) => {
        #[derive(factum::Event, Clone)]
        enum $event {
            #[event($counted)]
            Counted { by: $field },
        }

        #[derive(factum::Aggregate, Default)]
        #[aggregate(name = $name, event = $event, error = std::fmt::Error, commands())]
        struct $state {
            sum: $field,
        }
        impl factum::Apply<$event> for $state {
            fn apply(&mut self, event: &$event) {
                let $event::Counted { by } = event;
                self.sum += by;
            }
        }
    };
}

fn main() {
    use factum::Event;

    counter!(Step, Steps, "steps", "steps.counted", u64);
    let mut out = Vec::new();
    Step::Counted { by: 3 }.encode(&mut out).unwrap();
    assert_eq!(out, br#"{"by":3}"#);

    #[derive(factum::Id)]
    struct Local(String);
    assert_eq!(factum::Id::write(&Local("a".into())), "a");
    assert_eq!(<state::Row as factum::Projection>::NAME, "doors");
}
