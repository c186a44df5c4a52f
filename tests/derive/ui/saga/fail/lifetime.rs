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

#[derive(Saga)]
#[saga(name = "shipping", starts(OrderEvent::Placed))]
struct Shipping<'a> {
    order: &'a str,
}

fn main() {}
