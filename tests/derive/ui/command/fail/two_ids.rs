use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
    #[id]
    owner: String,
}

fn main() {}
