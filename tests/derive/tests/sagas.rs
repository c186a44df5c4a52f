//! What `#[derive(Saga)]` lists and describes.

use std::fmt::Error;

use factum::prelude::*;
use factum::saga::{Hears, Sends};
use factum::schema::documents::saga_diagram;
use factum::schema::{SagaSchema, Shape};
use factum::upcast::Fields;

#[derive(Event)]
enum OrderEvent {
    #[event("order.placed")]
    Placed {
        #[tag]
        order: String,
    },
    #[event("order.shipped")]
    Shipped,
}

#[derive(Event)]
enum PaymentEvent {
    #[event("payment.taken")]
    Taken,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.ship", id = order)]
struct Ship {
    order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("payment.charge", id = order)]
struct Charge {
    order: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "order", event = OrderEvent, error = Error, commands(Ship))]
struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: &OrderEvent) {}
}
impl Handle<Ship> for Order {
    fn handle(&self, _: &Ship, _: &Context) -> Decision<Self> {
        emit(OrderEvent::Shipped)
    }
}

/// Takes the money, then ships.
#[derive(Saga, Default, Debug, PartialEq, Serialize, Deserialize)]
#[saga(name = "shipping", starts(OrderEvent::Placed), from(PaymentEvent by order_of), by = order,
       sends(Ship), calls(Charge), answers(Charge), version = 2, upcast(1 => from_v1))]
struct Shipping {
    /// Whose.
    order: String,
    charged: bool,
}

fn order_of(_: &PaymentEvent, at: &Origin) -> Option<Box<str>> {
    Some(at.id().into())
}

fn from_v1(mut old: Fields) -> Fields {
    old.rename("paid", "charged");
    old
}

impl React<OrderEvent> for Shipping {
    fn react(&mut self, event: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            OrderEvent::Placed { order } => {
                self.order.clone_from(order);
                send(Charge { order: order.clone() })
            }
            OrderEvent::Shipped => complete(),
        }
    }
}
impl React<PaymentEvent> for Shipping {
    fn react(&mut self, _: &PaymentEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        self.charged = true;
        send(Ship { order: self.order.clone() })
    }
}
impl Answered<Charge> for Shipping {
    fn answered(&mut self, _: &Charge, answer: &Answer, _: &Context) -> Reaction<Self> {
        answer.problem().map_or_else(nothing, fail)
    }
}

#[test]
fn it_is_described_as_it_is_written() {
    let saga = SagaSchema::of::<Shipping>();
    assert_eq!((saga.name, saga.version), ("shipping", 2));
    assert_eq!(
        (saga.docs.item, saga.docs.field("order")),
        ("Takes the money, then ships.", "Whose.")
    );
    let Shape::Object(state) = &saga.state else { panic!("{:?}", saga.state) };
    let fields: Vec<_> = state.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(fields, ["order", "charged"]);
    let hears: Vec<_> = saga.hears.iter().map(|heard| (heard.event.name, heard.starts)).collect();
    let events = [("order.placed", true), ("order.shipped", false), ("payment.taken", false)];
    assert_eq!(hears, events);
    let sent = saga.sends.iter().map(|sent| (sent.command.name, sent.aggregate, sent.answered));
    let commands = [("order.ship", Some("order"), false), ("payment.charge", None, true)];
    assert_eq!(sent.collect::<Vec<_>>(), commands);
}

#[test]
fn samples_of_all_its_versions_are_read() {
    let read = SagaSchema::of::<Shipping>().read;
    let sample = |version, json: &str| read.read("", version, json.as_bytes());
    assert_eq!(sample(2, r#"{"order":"7","charged":true}"#), Ok(()));
    assert_eq!(sample(1, r#"{"order":"7","paid":true}"#), Ok(()));
    assert!(sample(2, r#"{"order":"7","paid":true}"#).is_err());
    assert!(sample(3, r#"{"order":"7","charged":true}"#).is_err());
}

#[test]
fn its_name_is_the_category_of_its_streams() {
    assert_eq!((Shipping::NAME, Shipping::CATEGORY), ("shipping", "saga.shipping"));
    assert_eq!(Shipping::begin(), Shipping::default());
    let contexts: Vec<_> = Hears::<Shipping>::of().contexts().map(|(context, _)| context).collect();
    assert_eq!(contexts, ["order", "payment"]);
    assert!(Sends::<Shipping>::of().hears_answers_to("payment.charge"));
}

#[test]
fn its_steps_are_drawn() {
    let expected = "\
flowchart LR
    command_order_ship[\"order.ship\"]:::command
    command_payment_charge[\"payment.charge\"]:::command
    aggregate_order{{\"order\"}}:::aggregate
    event_order_placed([\"order.placed\"]):::event
    event_order_shipped([\"order.shipped\"]):::event
    event_payment_taken([\"payment.taken\"]):::event
    saga_shipping[[\"shipping\"]]:::saga
    step_payment_charge[/\"payment.charge\"/]:::step
    command_order_ship --> aggregate_order
    command_payment_charge --> step_payment_charge
    event_order_placed ==> saga_shipping
    event_order_shipped --> saga_shipping
    event_payment_taken --> saga_shipping
    saga_shipping --> command_order_ship
    saga_shipping --> command_payment_charge
";
    let drawn = saga_diagram::<Shipping>();
    assert!(drawn.starts_with(expected), "{drawn}");
}
