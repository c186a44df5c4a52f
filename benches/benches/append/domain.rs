use std::convert::Infallible;

use factum::prelude::*;

#[derive(Event, Clone, Debug)]
pub(crate) enum LedgerEvent {
    #[event("ledger.noted")]
    Noted { text: String },
}

#[derive(Command, Serialize, Deserialize)]
#[command("ledger.note")]
pub(crate) struct Note {
    #[id]
    pub(crate) ledger: String,
    pub(crate) text: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "ledger", event = LedgerEvent, error = Infallible, commands(Note))]
pub(crate) struct Ledger {
    notes: u64,
}

impl Apply<LedgerEvent> for Ledger {
    fn apply(&mut self, event: &LedgerEvent) {
        let LedgerEvent::Noted { .. } = event;
        self.notes += 1;
    }
}

impl Handle<Note> for Ledger {
    fn handle(&self, cmd: &Note, _: &Context) -> Decision<Self> {
        emit(LedgerEvent::Noted { text: cmd.text.clone() })
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "ledgers", from(LedgerEvent))]
pub(crate) struct LedgerRow {
    #[key]
    ledger: String,
    #[index]
    notes: u64,
    bytes: u64,
}

impl Project<LedgerEvent> for LedgerRow {
    fn project(&mut self, event: &LedgerEvent, _: &Origin) {
        let LedgerEvent::Noted { text } = event;
        self.notes += 1;
        self.bytes += text.len() as u64;
    }
}
