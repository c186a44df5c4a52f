use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open", id = account)]
struct Open {
    #[id]
    account: String,
    owner: String,
}

fn main() {}
