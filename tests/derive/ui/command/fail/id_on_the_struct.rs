use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
#[id]
struct Open {
    #[id]
    account: String,
}

fn main() {}
