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

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(OrderEvent::Placed), from(OrderEvent by order_of))]
struct Shipping {
    sent: bool,
}

impl React<OrderEvent> for Shipping {
    fn react(&mut self, _: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        nothing()
    }
}

fn main() {}
