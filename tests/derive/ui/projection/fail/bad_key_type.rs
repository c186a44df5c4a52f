use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
struct Balance {
    #[key]
    account: f64,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

fn main() {}
