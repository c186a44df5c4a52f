use factum::prelude::*;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
enum Open {
    Now { account: String },
}

fn main() {}
