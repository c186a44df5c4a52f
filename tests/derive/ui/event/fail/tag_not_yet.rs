use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened {
        #[tag]
        owner: String,
    },
}

fn main() {}
