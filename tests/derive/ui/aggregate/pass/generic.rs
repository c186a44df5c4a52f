//! An aggregate, its commands and its rows may have type parameters; its events may not.
#![deny(warnings)]

use std::marker::PhantomData;

use factum::prelude::*;
use factum::{Commands, SentTo};

trait Currency: Send + Sync + 'static {
    const CODE: &'static str;
}
struct Euro;
impl Currency for Euro {
    const CODE: &'static str = "EUR";
}

#[derive(Event, Clone, PartialEq, Debug)]
enum PurseEvent {
    #[event("purse.filled")]
    Filled { cents: u64, currency: String },
}

#[derive(Command, Serialize, Deserialize)]
#[command("purse.fill")]
#[serde(bound = "")]
struct Fill<N>
where
    N: Serialize + serde::de::DeserializeOwned + Send + Sync + Copy + Into<u64> + 'static,
{
    #[id]
    purse: String,
    cents: N,
}

#[derive(Aggregate)]
#[aggregate(
    name = "purse", event = PurseEvent, error = std::fmt::Error, commands(Fill<u32>, Fill<u64>)
)]
struct Purse<C: Currency> {
    cents: u64,
    currency: PhantomData<C>,
}

impl<C: Currency> Default for Purse<C> {
    fn default() -> Self {
        Self { cents: 0, currency: PhantomData }
    }
}
impl<C: Currency> Apply<PurseEvent> for Purse<C> {
    fn apply(&mut self, event: &PurseEvent) {
        let PurseEvent::Filled { cents, .. } = event;
        self.cents += cents;
    }
}
impl<C: Currency> Handle<Fill<u32>> for Purse<C> {
    fn handle(&self, cmd: &Fill<u32>, _: &Context) -> Decision<Self> {
        emit(PurseEvent::Filled { cents: cmd.cents.into(), currency: C::CODE.into() })
    }
}
impl<C: Currency> Handle<Fill<u64>> for Purse<C> {
    fn handle(&self, cmd: &Fill<u64>, _: &Context) -> Decision<Self> {
        emit(PurseEvent::Filled { cents: cmd.cents, currency: C::CODE.into() })
    }
}

fn main() {
    assert_eq!(Commands::<Purse<Euro>>::of().listed().len(), 2);
    let context = Context::new(factum::Key::now_v7(), Timestamp::from_micros(0));
    let fill = Fill { purse: "a".into(), cents: 7u32 };
    let events = fill.decide(&Purse::<Euro>::default(), &context).unwrap();
    assert_eq!(events.as_slice(), [PurseEvent::Filled { cents: 7, currency: "EUR".into() }]);
}
