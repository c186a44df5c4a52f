use factum::prelude::*;

#[derive(Command, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
}

fn main() {}
