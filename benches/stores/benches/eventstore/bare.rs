//! The official client by itself.

use eventstore::{AppendToStreamOptions, Client, EventData, StreamState};
use factum_benches::Result;
use factum_benches::events::text;
use factum_benches::load::{Slot, Target};
use factum_core::Key;
use serde::Serialize;

/// One client, which all its senders share.
#[derive(Clone)]
pub(crate) struct ToBare {
    client: Client,
    payload: Payload,
}

#[derive(Clone, Serialize)]
struct Payload {
    text: String,
}

impl ToBare {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        let client = Client::new(url.parse()?).map_err(|error| error.to_string())?;
        Ok(Self { client, payload: Payload { text: text() } })
    }
}

impl Target for ToBare {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let newest = slot.next.checked_sub(1);
        let state = newest.map_or(StreamState::NoStream, StreamState::StreamRevision);
        let options = AppendToStreamOptions::default().stream_state(state);
        let event = EventData::json("ledger.noted", &self.payload)?.id(Key::now_v7().uuid());
        let stream = slot.stream.to_string();
        let written = self.client.append_to_stream(stream, &options, event).await?;
        // What the call gives for a wrong revision is an error, so this is where it was to go.
        if written.next_expected_version == slot.next {
            Ok(())
        } else {
            Err(format!("{} went to {}", slot.stream, written.next_expected_version).into())
        }
    }
}
