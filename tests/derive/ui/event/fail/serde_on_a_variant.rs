use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    #[serde(rename = "opened")]
    Opened { owner: String },
}

fn main() {}
