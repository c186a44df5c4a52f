use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = 0)]
    Opened { owner: String },
}

fn main() {}
