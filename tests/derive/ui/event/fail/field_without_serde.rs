use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: Owner },
}

#[derive(Clone)]
struct Owner;

fn main() {}
