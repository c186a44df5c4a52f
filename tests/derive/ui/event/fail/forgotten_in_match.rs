use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
    #[event("account.closed")]
    Closed,
}

fn owner(event: &AccountEvent) -> Option<&str> {
    match event {
        AccountEvent::Opened { owner } => Some(owner),
    }
}

fn main() {}
