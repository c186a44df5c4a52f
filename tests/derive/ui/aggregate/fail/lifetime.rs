use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

#[derive(Debug, thiserror::Error)]
#[error("rejected")]
pub struct Rejected;

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = Rejected, commands())]
struct Account<'a> {
    owner: std::borrow::Cow<'a, str>,
}

fn main() {}
