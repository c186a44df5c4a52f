use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent), gone_if)]
struct Balance {
    #[key]
    account: String,
    closed: bool,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

fn is_closed(row: &Balance) -> bool {
    row.closed
}

fn main() {}
