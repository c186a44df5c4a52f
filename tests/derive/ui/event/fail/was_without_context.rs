use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", was = "made")]
    Opened { owner: String },
}

fn main() {}
