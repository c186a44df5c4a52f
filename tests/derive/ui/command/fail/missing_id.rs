use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    account: String,
}

fn main() {}
