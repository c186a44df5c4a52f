use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open", id = account)]
struct Open {
    account: String,
    #[id]
    owner: String,
}

fn main() {}
