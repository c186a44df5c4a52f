use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event(name = "account.opened")]
    Opened,
}

fn main() {}
