use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = 2, upcast(1 => from_v1))]
    Opened { owner: String },
}

struct OpenedV1 {
    name: String,
}
fn from_v1(old: OpenedV1) -> AccountEvent {
    AccountEvent::Opened { owner: old.name }
}

fn main() {}
