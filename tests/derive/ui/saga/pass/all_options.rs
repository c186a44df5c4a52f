// What is allowed together, under lints that generated code must not trip.
#![deny(warnings, missing_docs, unreachable_patterns, unused_qualifications)]
//! A process with all that a saga can say.

use factum::prelude::*;
use factum::upcast::Fields;

/// What happens to orders.
#[derive(Event)]
pub enum OrderEvent {
    /// It was placed.
    #[event("order.placed")]
    Placed {
        /// Which.
        #[tag("the-order")]
        order: String,
    },
    /// It was shipped.
    #[event("order.shipped")]
    Shipped,
}

/// Of one variant: what an instance begins with is all that there is.
#[derive(Event)]
pub enum CartEvent {
    /// It was checked out.
    #[event("cart.checked_out")]
    CheckedOut,
}

/// What happens to payments.
#[derive(Event)]
pub enum PaymentEvent {
    /// It was taken.
    #[event("payment.taken")]
    Taken {
        /// For what.
        order: String,
    },
}

/// Ships an order.
#[derive(Command, Serialize, Deserialize)]
#[command("order.ship")]
pub struct Ship {
    /// Which.
    #[id]
    pub order: String,
}

/// Takes a payment.
#[derive(Command, Serialize, Deserialize)]
#[command("payment.charge")]
pub struct Charge {
    /// For what.
    #[id]
    pub order: String,
}

/// An order.
#[derive(Aggregate, Default)]
#[aggregate(name = "order", event = OrderEvent, error = std::fmt::Error, commands(Ship))]
pub struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: &OrderEvent) {}
}
impl Handle<Ship> for Order {
    fn handle(&self, _: &Ship, _: &Context) -> Decision<Self> {
        emit(OrderEvent::Shipped)
    }
}

mod keys {
    use super::*;

    pub(crate) fn order_of<'a>(event: &'a PaymentEvent, _: &Origin) -> Option<String> {
        let PaymentEvent::Taken { order } = event;
        Some(order.clone())
    }

    pub(crate) fn cart_of(_: &CartEvent, at: &Origin) -> Option<Box<str>> {
        Some(at.id().into())
    }
}

fn from_v1(mut old: Fields) -> Fields {
    old.rename("was", "is");
    old
}

/// How far an order is.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(OrderEvent::Placed, OrderEvent::Shipped, CartEvent::CheckedOut),
       from(PaymentEvent by keys::order_of, CartEvent by keys::cart_of), by = "the-order",
       sends(Ship), calls(Charge), answers(Charge, Ship), version = 3, upcast(2 => from_v2, 1 => from_v1))]
pub enum Shipping {
    /// Not begun.
    #[default]
    New,
    /// Begun.
    Placed {
        /// Whether it is paid.
        is: bool,
    },
}

fn from_v2(old: Fields) -> Fields {
    old
}

impl React<OrderEvent> for Shipping {
    fn react(&mut self, event: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            OrderEvent::Placed { order } => send(Charge { order: order.clone() })
                .undo_with(Ship { order: order.clone() })
                .after(std::time::Duration::from_secs(1), "late", fail("it took too long")),
            OrderEvent::Shipped => cancel("late").complete(),
        }
    }
}
impl React<PaymentEvent> for Shipping {
    fn react(&mut self, event: &PaymentEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        let PaymentEvent::Taken { order } = event;
        undo(Charge { order: order.clone() }).send(Ship { order: order.clone() })
    }
}
impl React<CartEvent> for Shipping {
    fn react(&mut self, _: &CartEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        *self = Self::Placed { is: false };
        nothing()
    }
}
impl Answered<Charge> for Shipping {
    fn answered(&mut self, _: &Charge, answer: &Answer, _: &Context) -> Reaction<Self> {
        match answer.problem() {
            None => nothing(),
            Some(problem) => fail(problem),
        }
    }
}
impl Answered<Ship> for Shipping {
    fn answered(&mut self, _: &Ship, _: &Answer, _: &Context) -> Reaction<Self> {
        after(std::time::Duration::ZERO, "end", complete())
    }
}

fn main() {
    let old = Fields::from_json(br#"{"was":true}"#).unwrap();
    assert_eq!(Shipping::upcast(1, old.clone()).unwrap().to_string(), r#"{"is":true}"#);
    assert_eq!(Shipping::upcast(3, old.clone()).unwrap(), old);
    assert!(Shipping::upcast(0, old.clone()).is_err());
    assert!(Shipping::upcast(4, old).is_err());
    let starts = factum::saga::Hears::<Shipping>::of().schemas();
    let starts: Vec<_> = starts.iter().map(|(event, starts)| (event.name, *starts)).collect();
    assert_eq!(
        starts,
        [
            ("order.placed", true),
            ("order.shipped", true),
            ("cart.checked_out", true),
            ("payment.taken", false)
        ]
    );
}
