use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent<T> {
    #[event("account.opened")]
    Opened { owner: T },
}

fn main() {}
