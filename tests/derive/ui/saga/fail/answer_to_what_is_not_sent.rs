use factum::prelude::*;

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

#[derive(Command, Serialize, Deserialize)]
#[command("order.ship")]
struct Ship {
    #[id]
    order: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "order", event = OrderEvent, error = std::fmt::Error, commands(Ship))]
struct Order;

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, _: &OrderEvent) {}
}
impl Handle<Ship> for Order {
    fn handle(&self, _: &Ship, _: &Context) -> Decision<Self> {
        emit(OrderEvent::Shipped)
    }
}

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(OrderEvent::Placed), answers(Ship))]
struct Shipping {
    sent: bool,
}

impl React<OrderEvent> for Shipping {
    fn react(&mut self, _: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        nothing()
    }
}

fn main() {}
