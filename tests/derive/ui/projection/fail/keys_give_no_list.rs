use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened")]
    Opened { owner: String },
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "owners", from(AccountEvent by owner))]
struct Owner {
    #[key]
    owner: String,
}

impl Project<AccountEvent> for Owner {
    fn project(&mut self, _: &AccountEvent, _: &Origin) {}
}

fn owner(event: &AccountEvent, _: &Origin) -> String {
    let AccountEvent::Opened { owner } = event;
    owner.clone()
}

fn main() {}
