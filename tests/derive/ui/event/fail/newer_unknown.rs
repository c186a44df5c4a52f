use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", newer = ignore)]
    Opened { owner: String },
}

fn main() {}
