use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = 2, upcast(1 => |old| old))]
    Opened { owner: String },
}

fn main() {}
