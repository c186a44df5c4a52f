//! A whole domain inside a function, and one that a macro writes.
#![deny(warnings)]

fn main() {
    inside();
    written();
}

fn inside() {
    use factum::prelude::*;

    #[derive(Event, Clone)]
    enum LampEvent {
        #[event("lamp.lit", version = 2, upcast(1 => from_v1))]
        Lit { watts: Watts },
    }
    #[derive(Clone, Default, Serialize, Deserialize)]
    struct Watts(u32);
    fn from_v1(_: factum::upcast::Fields) -> LampEvent {
        LampEvent::Lit { watts: Watts(60) }
    }

    #[derive(Id, Serialize, Deserialize)]
    struct LampId(String);

    #[derive(Command, Serialize, Deserialize)]
    #[command("lamp.light")]
    struct Light {
        #[id]
        lamp: LampId,
    }

    #[derive(Aggregate, Default, Serialize, Deserialize)]
    #[aggregate(
        name = "lamp", event = LampEvent, error = std::fmt::Error, commands(Light), snapshot(every = 2)
    )]
    struct Lamp {
        watts: Watts,
    }
    impl Apply<LampEvent> for Lamp {
        fn apply(&mut self, event: &LampEvent) {
            let LampEvent::Lit { watts } = event;
            self.watts = watts.clone();
        }
    }
    impl Handle<Light> for Lamp {
        fn handle(&self, _: &Light, _: &Context) -> Decision<Self> {
            emit(LampEvent::Lit { watts: Watts(self.watts.0 + 1) })
        }
    }

    #[derive(Projection, Default, Clone, Serialize, Deserialize)]
    #[projection(name = "lamps", from(LampEvent))]
    struct Row {
        #[key]
        lamp: String,
        #[index]
        watts: u32,
    }
    impl Project<LampEvent> for Row {
        fn project(&mut self, event: &LampEvent, _: &Origin) {
            let LampEvent::Lit { watts } = event;
            self.watts = watts.0;
        }
    }

    let app = App::memory().aggregate::<Lamp>().projection::<Row>().describe();
    assert_eq!(app.events()[0].fields.lines()[0].to_string(), "watts: u32");
    assert_eq!(Light { lamp: LampId("a".into()) }.id(), "a");
}

macro_rules! domain {
    (
        $event:ident { $variant:ident: $was:literal -> $named:literal v $version:literal by $upcast:path },
        $command:ident: $sent:literal, $field:ident: $of:ty, $state:ident: $name:literal,
        $row:ident: $view:literal
    ) => {
        #[derive(factum::Event, Clone)]
        enum $event {
            #[event($named, version = $version, was = $was, upcast(1 => $upcast))]
            $variant { $field: $of },
        }

        #[derive(factum::Command, serde::Serialize, serde::Deserialize)]
        #[command($sent)]
        struct $command {
            #[id]
            id: String,
            $field: $of,
        }

        #[derive(factum::Aggregate, Default, serde::Serialize, serde::Deserialize)]
        #[aggregate(
            name = $name, event = $event, error = std::fmt::Error, commands($command),
            snapshot(every = $version)
        )]
        struct $state {
            $field: $of,
        }
        impl factum::Apply<$event> for $state {
            fn apply(&mut self, event: &$event) {
                let $event::$variant { $field } = event;
                self.$field += $field;
            }
        }
        impl factum::Handle<$command> for $state {
            fn handle(&self, cmd: &$command, _: &factum::Context) -> factum::Decision<Self> {
                factum::emit($event::$variant { $field: cmd.$field })
            }
        }

        #[derive(factum::Projection, Default, Clone, serde::Serialize, serde::Deserialize)]
        #[projection(name = $view, from($event), version = $version)]
        struct $row {
            #[key]
            id: String,
            #[index]
            $field: $of,
        }
        impl factum::Project<$event> for $row {
            fn project(&mut self, event: &$event, _: &factum::Origin) {
                let $event::$variant { $field } = event;
                self.$field += $field;
            }
        }
    };
}

mod old {
    pub fn rest(old: factum::upcast::Fields) -> factum::upcast::Fields {
        old
    }
}

fn written() {
    use factum::{Aggregate, Event, Projection};

    domain!(
        Step { Counted: "steps.made" -> "steps.counted" v 2 by old::rest },
        Walk: "steps.walk", by: u64, Steps: "steps", Total: "totals"
    );
    let Step::Counted { by } = Step::decode("steps.made", 1, br#"{"by":3}"#).unwrap();
    assert_eq!((by, Total::VERSION, Steps::snapshot().unwrap().every), (3, 2, 2));
}
