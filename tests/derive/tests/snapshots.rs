//! A snapshot is used by the code that took it, and by no code of another shape.
#![deny(warnings, clippy::pedantic)]

use factum::Aggregate;
use factum::prelude::*;
use factum::snapshot::Snapshot;
use factum::store::EventStore;
use factum::stores::MemoryStore;

/// The same domain, as each deployment has it.
macro_rules! deployment {
    (
        $module:ident,
        events { $($events:tt)* }
        state { $($state:tt)* }
        place { $($place:tt)* }
    ) => {
        mod $module {
            use factum::prelude::*;

            #[derive(Event, Clone)]
            pub enum ShopEvent {
                #[event("shop.moved")]
                Moved { town: String },
                $($events)*
            }

            #[derive(Default, Serialize, Deserialize)]
            pub struct Place {
                pub town: String,
                $($place)*
            }

            #[derive(Command, Serialize, Deserialize)]
            #[command("shop.move")]
            pub struct Move {
                #[id]
                pub shop: String,
                pub town: String,
            }

            #[derive(Aggregate, Default, Serialize, Deserialize)]
            #[aggregate(
                name = "shop", event = ShopEvent, error = std::fmt::Error, commands(Move),
                snapshot(every = 1)
            )]
            pub struct Shop {
                pub place: Place,
                $($state)*
            }
            impl Apply<ShopEvent> for Shop {
                fn apply(&mut self, event: &ShopEvent) {
                    if let ShopEvent::Moved { town } = event {
                        self.place.town.clone_from(town);
                    }
                }
            }
            impl Handle<Move> for Shop {
                fn handle(&self, cmd: &Move, _: &Context) -> Decision<Self> {
                    emit(ShopEvent::Moved { town: cmd.town.clone() })
                }
            }

            #[allow(dead_code)]
            pub fn from_v1(old: factum::upcast::Fields) -> factum::upcast::Fields {
                old
            }
        }
    };
}

deployment!(first, events { #[event("shop.sold")] Sold { cents: u64 }, } state { sold: u64, } place {});
deployment!(same, events { #[event("shop.sold")] Sold { cents: u64 }, } state { sold: u64, } place {});
// The state has another field, a field of another type, one that is written otherwise under the same
// type, or a nested type of another form.
deployment!(field, events { #[event("shop.sold")] Sold { cents: u64 }, } state { paid: u64, } place {});
deployment!(retyped, events { #[event("shop.sold")] Sold { cents: u64 }, } state { sold: u32, } place {});
deployment!(renamed, events { #[event("shop.sold")] Sold { cents: u64 }, }
    state { #[serde(rename = "cents")] sold: u64, } place {});
deployment!(nested, events { #[event("shop.sold")] Sold { cents: u64 }, } state { sold: u64, }
    place { #[serde(default)] street: String, });
// An event has a new form, or there is another event.
deployment!(raised, events { #[event("shop.sold", version = 2, upcast(1 => from_v1))] Sold { cents: u64 }, }
    state { sold: u64, } place {});
deployment!(added, events { #[event("shop.sold")] Sold { cents: u64 }, #[event("shop.shut")] Shut, }
    state { sold: u64, } place {});

/// The fold was mended; no type shows it.
mod mended {
    pub use super::first::{Place, ShopEvent};
    use factum::prelude::*;

    #[derive(Aggregate, Default, Serialize, Deserialize)]
    #[aggregate(
        name = "shop", event = ShopEvent, error = std::fmt::Error, commands(),
        snapshot(every = 1, version = 2)
    )]
    pub struct Shop {
        pub place: Place,
        sold: u64,
    }
    impl Apply<ShopEvent> for Shop {
        fn apply(&mut self, event: &ShopEvent) {
            if let ShopEvent::Moved { town } = event {
                self.place.town.clone_from(town);
            }
        }
    }
}

fn shape<A: Aggregate>() -> u64 {
    A::snapshot().unwrap().full_shape()
}

#[test]
fn each_shape_is_its_own() {
    assert_eq!(shape::<first::Shop>(), shape::<same::Shop>());
    let mut shapes = vec![
        shape::<first::Shop>(),
        shape::<field::Shop>(),
        shape::<retyped::Shop>(),
        shape::<renamed::Shop>(),
        shape::<nested::Shop>(),
        shape::<raised::Shop>(),
        shape::<added::Shop>(),
        shape::<mended::Shop>(),
    ];
    shapes.sort_unstable();
    shapes.dedup();
    assert_eq!(shapes.len(), 8);
}

/// The town that a deployment believes the shop to be in.
macro_rules! town {
    ($module:ident, $store:expr) => {{
        let app =
            App::with_store($store.clone()).aggregate::<$module::Shop>().start().await.unwrap();
        let shop = app.events::<$module::Shop>().load("a").await.unwrap().unwrap();
        app.stop().await.unwrap();
        shop.state.place.town
    }};
}

#[tokio::test]
async fn another_deployment_folds_the_stream() {
    let store = MemoryStore::new();
    let app = App::with_store(store.clone()).aggregate::<first::Shop>().start().await.unwrap();
    app.send(first::Move { shop: "a".into(), town: "Bari".into() }).await.unwrap();
    let loaded = app.events::<first::Shop>().load("a").await.unwrap().unwrap();
    app.stop().await.unwrap();

    // One that lies shows who uses it.
    let lie = Snapshot {
        stream: factum::StreamName::of("shop", "a").unwrap(),
        shape: shape::<first::Shop>(),
        revision: loaded.revision,
        mark: loaded.mark,
        state: r#"{"place":{"town":"Rome"},"sold":0}"#.into(),
    };
    store.snapshots().unwrap().save(lie).await.unwrap();
    assert_eq!(town!(first, store), "Rome");
    assert_eq!(town!(same, store), "Rome");
    for town in [
        town!(field, store),
        town!(retyped, store),
        town!(renamed, store),
        town!(nested, store),
        town!(raised, store),
        town!(added, store),
        town!(mended, store),
    ] {
        assert_eq!(town, "Bari");
    }
    // Two deployments work side by side: the one does not take the other's away.
    assert_eq!(town!(first, store), "Rome");
}
