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

struct Ship {
    order: String,
}

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(OrderEvent::Placed), sends(Ship))]
struct Shipping {
    sent: bool,
}

impl React<OrderEvent> for Shipping {
    fn react(&mut self, event: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            OrderEvent::Placed { order } => send(Ship { order: order.clone() }),
            OrderEvent::Shipped => complete(),
        }
    }
}

fn main() {}
