use factum::prelude::*;

#[derive(Event)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

fn main() {}
