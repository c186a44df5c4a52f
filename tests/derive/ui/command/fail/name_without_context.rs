use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("open")]
struct Open {
    #[id]
    account: String,
}

fn main() {}
