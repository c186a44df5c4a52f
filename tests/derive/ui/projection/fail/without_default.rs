use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened,
}

#[derive(Projection, Clone, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Balance {
    #[key]
    account: String,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

fn main() {}
