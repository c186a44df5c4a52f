use factum::prelude::*;

#[derive(Event, Clone)]
#[event("account")]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

fn main() {}
