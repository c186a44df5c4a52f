use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = 99999999999)]
    Opened { owner: String },
}

fn main() {}
