use factum::prelude::*;

#[derive(Event, Clone)]
#[event(crat = ::factum)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

fn main() {}
