use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = "3", upcast(1 => from_v1, 2 => from_v1))]
    Opened { owner: String },
}

fn from_v1(old: factum::upcast::Fields) -> factum::upcast::Fields {
    old
}

fn main() {}
