use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened {
        #[serde(default)]
        owner: Owner,
    },
}

#[derive(Clone, Serialize, Deserialize)]
enum Owner {
    Bank,
}

fn main() {}
