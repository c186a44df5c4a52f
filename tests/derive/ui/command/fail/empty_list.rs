use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command()]
struct Open {
    #[id]
    account: String,
}

fn main() {}
