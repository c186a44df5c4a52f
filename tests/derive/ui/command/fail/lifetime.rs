use factum::prelude::*;

#[derive(Command)]
#[command("account.open")]
struct Open<'a> {
    #[id]
    account: std::borrow::Cow<'a, str>,
}

fn main() {}
