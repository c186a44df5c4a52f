use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened,
}

#[derive(Debug, thiserror::Error)]
#[error("rejected")]
struct Rejected;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = Rejected, commands("account.open"))]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: &AccountEvent) {}
}
impl Handle<Open> for Account {
    fn handle(&self, _: &Open, _: &Context) -> Decision<Self> {
        emit(AccountEvent::Opened)
    }
}

fn main() {}
