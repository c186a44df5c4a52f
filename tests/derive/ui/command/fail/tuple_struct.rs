use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open(#[id] String);

fn main() {}
