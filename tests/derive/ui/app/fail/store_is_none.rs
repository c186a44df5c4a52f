use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = std::fmt::Error, commands())]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: &AccountEvent) {}
}

fn main() {
    let _ = App::with_store("bank.db").aggregate::<Account>();
}
