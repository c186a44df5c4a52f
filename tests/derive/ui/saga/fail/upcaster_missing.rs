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

fn from_v1(old: factum::upcast::Fields) -> factum::upcast::Fields {
    old
}

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(OrderEvent::Placed), version = 3, upcast(1 => from_v1))]
struct Shipping {
    sent: bool,
}

impl React<OrderEvent> for Shipping {
    fn react(&mut self, _: &OrderEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        nothing()
    }
}

fn main() {}
