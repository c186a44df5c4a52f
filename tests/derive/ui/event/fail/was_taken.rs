use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", was = "account.made")]
    Opened { owner: String },
    #[event("account.made")]
    Made,
}

fn main() {}
