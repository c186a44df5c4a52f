use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", was = "account.opened")]
    Opened { owner: String },
}

fn main() {}
