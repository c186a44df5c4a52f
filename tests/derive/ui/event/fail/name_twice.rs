use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
    #[event("account.opened")]
    Reopened,
}

fn main() {}
