use factum::prelude::*;

#[derive(Event, Clone)]
enum AccountEvent {
    #[event("account.opened", version = 2, upcast(1 => from_v1))]
    Opened { owner: String },
}

#[derive(Deserialize)]
struct OpenedV1 {
    name: String,
}
#[derive(Deserialize)]
struct OpenedV2 {
    names: Vec<String>,
}
fn from_v1(old: OpenedV1) -> OpenedV2 {
    OpenedV2 { names: vec![old.name] }
}

fn main() {}
