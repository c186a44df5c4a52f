use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened(String),
}

impl AccountEvent {
    fn owner(&self) -> &str {
        match self {
            AccountEvent::Opened(owner) => owner,
        }
    }
}

fn main() {}
