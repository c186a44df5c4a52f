use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = 2, upcast(1 => from_v1))]
    Opened { owner: String },
}

fn main() {}
