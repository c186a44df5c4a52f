use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

#[derive(Event, Clone)]
enum FineEvent {
    #[event("fine.opened")]
    Opened { owner: String },
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent, FineEvent), keys = owners)]
struct Balance {
    #[key]
    account: String,
    #[index]
    cents: u64,
    notes: String,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

impl Project<FineEvent> for Balance {
    fn project(&mut self, _: &FineEvent, _: &Origin) {}
}

fn owners(_: &AccountEvent, at: &Origin) -> Option<String> {
    Some(at.id().to_owned())
}

fn main() {}
