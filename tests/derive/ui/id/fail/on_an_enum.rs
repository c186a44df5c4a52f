use factum::prelude::*;

#[derive(Id)]
enum AccountId {
    Number(u64),
}

fn main() {}
