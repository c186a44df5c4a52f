use bytes::Bytes;
use factum::{App, Key};
use factum_benches::Result;
use factum_benches::bare::{BareFile, Record};
use factum_benches::events::{DIGEST, fresh, payload, text};
use factum_benches::load::{Slot, Target, now};

use crate::domain::Note;

/// The bare file.
#[derive(Clone)]
pub(crate) struct ToBare {
    file: BareFile,
    payload: Bytes,
}

impl ToBare {
    pub(crate) fn new(file: BareFile) -> Self {
        Self { file, payload: payload() }
    }
}

impl Target for ToBare {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let (stream, revision) = (slot.number, slot.next);
        let (key, time, payload) = (Key::now_v7(), now(), fresh(&self.payload));
        let record = Record { stream, revision, key, time, digest: DIGEST, payload };
        self.file.append(record).await?;
        Ok(())
    }
}

/// An app.
#[derive(Clone)]
pub(crate) struct ToApp {
    app: App,
    text: String,
}

impl ToApp {
    pub(crate) fn new(app: App) -> Self {
        Self { app, text: text() }
    }
}

impl Target for ToApp {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let (ledger, text) = (slot.stream.id().to_owned(), self.text.clone());
        self.app.send(Note { ledger, text }).await?;
        Ok(())
    }
}
