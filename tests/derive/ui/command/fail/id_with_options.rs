use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id(account)]
    account: String,
}

fn main() {}
