use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open", id)]
struct Open {
    account: String,
}

fn main() {}
