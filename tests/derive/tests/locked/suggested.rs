// What the report says, with a body.

#[derive(Deserialize)]
struct DepositedV1 {
    cents: u64,
    note: Option<String>,
}

fn deposited_from_v1(old: DepositedV1) -> AccountEvent {
    AccountEvent::Deposited { cents: old.note.unwrap_or(old.cents.to_string()) }
}
