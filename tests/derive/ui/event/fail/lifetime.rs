use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent<'a> {
    #[event("account.opened")]
    Opened { owner: &'a str },
}

fn main() {}
