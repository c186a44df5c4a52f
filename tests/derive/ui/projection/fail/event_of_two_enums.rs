use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened,
}

#[derive(Event, Clone)]
enum BankEvent {
    #[event("account.opened")]
    Opened,
}
impl Project<BankEvent> for Balance {
    fn project(&mut self, _: &BankEvent, _: &Origin) {}
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent, BankEvent))]
struct Balance {
    #[key]
    account: String,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

fn main() {}
