use factum::prelude::*;

#[derive(Event, Clone)]
#[serde(tag = "type")]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

fn main() {}
