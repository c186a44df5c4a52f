use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("opened")]
    Opened,
}

fn main() {}
