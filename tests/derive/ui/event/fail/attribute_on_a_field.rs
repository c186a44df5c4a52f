use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened {
        #[event("account.owner")]
        owner: String,
    },
}

fn main() {}
