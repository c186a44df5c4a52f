use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open", id = customer)]
struct Open {
    account: String,
    owner: String,
}

fn main() {}
