use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open", crat = ::factum)]
struct Open {
    #[id]
    account: String,
}

fn main() {}
