use factum::prelude::*;

#[derive(Event, Clone)]
#[event(version = 2)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

fn main() {}
