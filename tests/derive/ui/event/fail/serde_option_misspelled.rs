use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened {
        #[serde(defualt)]
        owner: String,
    },
}

fn main() {}
