//! A shop whose saga is written by hand, as the derives would write it.
#![allow(clippy::panic, reason = "a saga whose code panics")]

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use factum_core::codec::{self, DecodeError, EncodeError, Form};
use factum_core::saga::{
    Answer, Answered, Hears, React, Reaction, Saga, Sends, SentBy, Starts, after, cancel, complete,
    fail, nothing, send, undo,
};
use factum_core::upcast::Fields;
use factum_core::{
    Aggregate, Command, Commands, Context, Decision, Event, EventType, Handle, Origin, SentTo, emit,
};
use serde::{Deserialize, Serialize};

/// What happens to an order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OrderEvent {
    Placed {
        item: String,
        cents: u64,
    },
    Noted,
    Packed,
    Cancelled {
        reason: String,
    },
    /// Has the saga say or do what is told.
    Said {
        what: String,
    },
}
use OrderEvent::*;

const PLACED: EventType = EventType { name: "order.placed", version: 1 };
const NOTED: EventType = EventType { name: "order.noted", version: 1 };
const PACKED: EventType = EventType { name: "order.packed", version: 1 };
const CANCELLED: EventType = EventType { name: "order.cancelled", version: 1 };
const SAID: EventType = EventType { name: "order.said", version: 1 };

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
    #[serde(default)]
    cents: u64,
}

impl Event for OrderEvent {
    const TYPES: &'static [EventType] = &[PLACED, NOTED, PACKED, CANCELLED, SAID];

    fn event_type(&self) -> EventType {
        match self {
            Placed { .. } => PLACED,
            Noted => NOTED,
            Packed => PACKED,
            Cancelled { .. } => CANCELLED,
            Said { .. } => SAID,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (text, cents) = match self {
            Placed { item, cents } => (item.clone(), *cents),
            Cancelled { reason: text } | Said { what: text } => (text.clone(), 0),
            Noted | Packed => (String::new(), 0),
        };
        codec::write_json(&Text { text, cents }, out)
    }

    fn decode(name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        let Text { text, cents } = codec::read_json(payload)?;
        match name {
            "order.placed" => Ok(Placed { item: text, cents }),
            "order.noted" => Ok(Noted),
            "order.packed" => Ok(Packed),
            "order.cancelled" => Ok(Cancelled { reason: text }),
            "order.said" => Ok(Said { what: text }),
            _ => Err(DecodeError::unknown::<Self>(name, version)),
        }
    }
}

macro_rules! commands {
    ($($name:ident, $persisted:literal;)*) => {
        $(
            #[derive(Debug, PartialEq, Serialize, Deserialize)]
            pub(crate) struct $name {
                pub(crate) item: String,
            }

            impl Command for $name {
                const NAME: &'static str = $persisted;
                const SHAPE: u32 = 1;
                fn id(&self) -> Cow<'_, str> {
                    Cow::Borrowed(&self.item)
                }
                fn form() -> Form<Self> {
                    Form::serde()
                }
            }

            impl SentBy<Orders> for $name {}

            impl Handle<$name> for Stock {
                fn handle(&self, _: &$name, _: &Context) -> Decision<Self> {
                    emit(None)
                }
            }

            impl SentTo<Stock> for $name {
                fn decide(&self, stock: &Stock, ctx: &Context) -> Decision<Stock> {
                    stock.handle(self, ctx)
                }
            }
        )*
    };
}

commands! {
    Charge, "payment.charge";
    Refund, "payment.refund";
    Reserve, "stock.reserve";
    Release, "stock.release";
    Ship, "stock.ship";
    Unlisted, "stock.burn";
}

pub(crate) fn charge() -> Charge {
    Charge { item: "lamp".to_owned() }
}
pub(crate) fn refund() -> Refund {
    Refund { item: "lamp".to_owned() }
}
pub(crate) fn reserve() -> Reserve {
    Reserve { item: "lamp".to_owned() }
}
pub(crate) fn release() -> Release {
    Release { item: "lamp".to_owned() }
}
pub(crate) fn ship() -> Ship {
    Ship { item: "lamp".to_owned() }
}

/// A command that has no JSON form.
#[derive(Serialize, Deserialize)]
pub(crate) struct Unwritable {
    pairs: HashMap<(u8, u8), u8>,
}

impl Command for Unwritable {
    const NAME: &'static str = "stock.confuse";
    const SHAPE: u32 = 1;
    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed("lamp")
    }
    fn form() -> Form<Self> {
        Form::serde()
    }
}
impl SentBy<Orders> for Unwritable {}

pub(crate) struct Stock;

impl Aggregate for Stock {
    const NAME: &'static str = "stock";
    type Event = OrderEvent;
    type Error = std::convert::Infallible;
    fn empty() -> Self {
        Self
    }
    fn fold(&mut self, _: &OrderEvent) {}
    fn commands(list: &mut Commands<Self>) {
        list.add::<Reserve>().add::<Release>().add::<Ship>();
    }
}

/// Has an order paid, reserved, and shipped once it is packed, within an hour. Version 1 called its
/// notes `seen`.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Orders {
    #[serde(default)]
    pub(crate) notes: u32,
    /// States that cannot be written have one.
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    broken: HashMap<String, HashMap<(u8, u8), u8>>,
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

impl Saga for Orders {
    const NAME: &'static str = "order";
    const CATEGORY: &'static str = "saga.order";
    const INBOX: &'static str = "saga.order.inbox";
    const VERSION: u32 = 2;

    fn begin() -> Self {
        Self::default()
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn upcast(version: u32, mut state: Fields) -> Result<Fields, DecodeError> {
        match version {
            1 => state.rename("seen", "notes"),
            2 => {}
            _ => return Err(factum_core::saga::unknown_version::<Self>(version)),
        }
        Ok(state)
    }

    fn hears(list: &mut Hears<Self>) {
        let key = |_: &OrderEvent, at: &Origin| (at.id() != "nobody").then(|| at.id().to_owned());
        let is_one = |event: &OrderEvent| matches!(event, Placed { .. });
        list.from_keyed::<OrderEvent, _>(key, Starts { variants: &["Placed"], is_one });
    }

    fn sends(list: &mut Sends<Self>) {
        list.calls::<Charge>().calls::<Refund>();
        list.to::<Stock, Reserve>().to::<Stock, Release>().to::<Stock, Ship>();
        list.answers::<Ship>();
    }
}

impl React<OrderEvent> for Orders {
    fn react(&mut self, event: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            Placed { .. } => send(charge())
                .undo_with(refund())
                .send(reserve())
                .undo_with(release())
                .after(HOUR, "slow", fail("it took an hour")),
            Noted => {
                self.notes += 1;
                nothing()
            }
            Packed => cancel("slow").send(ship()).complete(),
            Cancelled { reason } => fail(reason),
            Said { what } => self.told(what),
        }
    }
}

impl Orders {
    fn told(&mut self, what: &str) -> Reaction<Self> {
        match what {
            "undo_with first" => Reaction::default().undo_with(refund()),
            "undo_with after complete" => send(charge()).complete().undo_with(refund()),
            "undo_with in a timer" => {
                after(HOUR, "slow", Reaction::default().undo_with(refund())).complete()
            }
            "panic" => panic!("no luck"),
            "unlisted" => send(Unlisted { item: "lamp".to_owned() }),
            "unlisted in a timer" => {
                after(HOUR, "late", undo(Unlisted { item: "lamp".to_owned() }))
            }
            "unwritable" => send(Unwritable { pairs: [((1, 2), 3)].into() }),
            "broken state" => {
                self.broken = [("it".to_owned(), [((1, 2), 3)].into())].into();
                nothing()
            }
            "nested" => after(HOUR, "first", send(charge()).after(HOUR, "second", send(ship()))),
            "again" => after(HOUR * 2, "slow", fail("it took two hours")),
            "undo twice" => undo(refund()).undo(release()),
            "ship and give up" => send(ship()).fail("no more"),
            "complete" => complete(),
            _ => nothing(),
        }
    }
}

impl Answered<Ship> for Orders {
    fn answered(&mut self, _: &Ship, answer: &Answer, _: &Context) -> Reaction<Self> {
        match answer.problem() {
            None => nothing(),
            Some("later") => send(ship()),
            Some("panic") => panic!("no luck"),
            Some(_) => fail("it cannot be shipped"),
        }
    }
}
