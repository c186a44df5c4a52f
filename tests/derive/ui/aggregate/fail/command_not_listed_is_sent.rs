use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

#[derive(Debug, thiserror::Error)]
#[error("rejected")]
pub struct Rejected;

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
struct Open {
    #[id]
    account: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = Rejected, commands())]
struct Account {
    cents: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: &AccountEvent) {}
}
impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, _: &Context) -> Decision<Self> {
        emit(AccountEvent::Opened { owner: cmd.account.clone() })
    }
}

async fn open(app: App) {
    app.send(Open { account: "alice".into() }).await.unwrap();
}

fn main() {}
