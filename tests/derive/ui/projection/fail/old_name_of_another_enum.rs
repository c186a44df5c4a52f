use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", was = "bank.opened")]
    Opened,
}

#[derive(Event, Clone)]
enum BankEvent {
    #[event("bank.founded")]
    Founded,
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
impl Project<BankEvent> for Balance {
    fn project(&mut self, _: &BankEvent, _: &Origin) {}
}

fn main() {}
