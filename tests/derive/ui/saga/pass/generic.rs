use std::marker::PhantomData;

use factum::prelude::*;

#[derive(Event)]
enum OrderEvent {
    #[event("order.placed")]
    Placed,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.ship")]
struct Ship {
    #[id]
    order: String,
}

trait Shop: Default + Send + Sync + 'static {}

#[derive(Saga, Default, Serialize, Deserialize)]
#[serde(bound = "")]
#[saga(name = "shipping", starts(OrderEvent::Placed), calls(Ship))]
struct Shipping<S: Shop> {
    shop: PhantomData<fn() -> S>,
}

impl<S: Shop> React<OrderEvent> for Shipping<S> {
    fn react(&mut self, _: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        send(Ship { order: at.id().to_owned() })
    }
}

fn main() {}
