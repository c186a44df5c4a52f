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

async fn load(app: App) {
    let _ = app.events::<Account>().load(&1.5).await;
}

fn main() {}
