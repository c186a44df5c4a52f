use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
#[command("account.reopen")]
struct Open {
    #[id]
    account: String,
}

fn main() {}
