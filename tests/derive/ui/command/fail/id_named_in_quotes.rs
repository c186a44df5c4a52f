use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open", id = "account")]
struct Open {
    account: String,
}

fn main() {}
