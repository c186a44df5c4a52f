use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command(crate = ::factum, name = "account.open")]
struct Open {
    #[id]
    account: String,
}

fn main() {}
