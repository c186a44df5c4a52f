use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("")]
    Opened,
}

fn main() {}
