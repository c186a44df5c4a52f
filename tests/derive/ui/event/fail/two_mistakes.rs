// errors: 2
use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("opened")]
    Opened,
    Closed,
}

fn main() {}
