use factum::prelude::*;

#[derive(Event, Clone)]
#[event("account.opened")]
struct Opened {
    owner: String,
}

fn main() {}
