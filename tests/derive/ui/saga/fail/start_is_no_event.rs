use factum::prelude::*;

enum Payment {
    Taken,
}

#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(Payment::Taken))]
struct Shipping {
    sent: bool,
}

impl React<Payment> for Shipping {
    fn react(&mut self, _: &Payment, _: &Origin, _: &Context) -> Reaction<Self> {
        nothing()
    }
}

fn main() {}
