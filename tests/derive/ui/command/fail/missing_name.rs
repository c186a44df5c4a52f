use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
struct Open {
    #[id]
    account: String,
}

fn main() {}
