use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.ope\nned")]
    Opened,
}

fn main() {}
