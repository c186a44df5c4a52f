use factum::prelude::*;

#[derive(Command)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
}

fn main() {}
