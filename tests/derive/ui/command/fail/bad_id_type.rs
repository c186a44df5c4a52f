use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: f64,
}

fn main() {}
