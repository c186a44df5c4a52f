//! Events that were put aside.

use serde_json::json;

use super::group::Group;
use super::message::Message;
use crate::model::{Expected, METADATA, Proposed, Visible, metastream_of, with_truncate_before};
use crate::store::Store;

/// How often the write of a parked event is tried.
const TRIES: usize = 6;

impl Group {
    /// Puts an event aside, as a link to it.
    pub(super) fn park(&self, store: &Store, message: &Message, reason: &str) {
        let Some(original) = message.event.original() else { return };
        let metadata = json!({ "reason": reason }).to_string();
        let link = Proposed::link(original.number, &original.stream, metadata);
        let parked = self.entry.key.parked_stream();
        for _ in 0..TRIES {
            if store.append(&parked, Expected::Any, vec![link.clone()]).is_ok() {
                return;
            }
        }
    }

    /// Lets the parked events below `stop_at` come again, before all others.
    pub(super) fn replay_parked(&mut self, store: &Store, stop_at: u64) {
        let parked = self.entry.key.parked_stream();
        let Visible::Events { first, next } = store.read(|log| log.visible(&parked)) else {
            return;
        };
        let end = next.min(stop_at);
        let messages: Vec<_> = store.read(|log| {
            let links = log.slice(&parked, first, end, usize::MAX).into_iter();
            let found = links.map(|link| log.resolve(link, true));
            let present = found.filter(|resolved| resolved.event.is_some());
            present.filter_map(|resolved| Message::new(resolved, None)).collect()
        });
        for message in messages.into_iter().rev() {
            self.waiting.push_front(message);
        }
        truncate(store, &parked, end.max(first));
    }

    /// How many events are parked.
    pub(super) fn parked_count(&self, store: &Store) -> u64 {
        match store.read(|log| log.visible(&self.entry.key.parked_stream())) {
            Visible::Events { first, next } => next - first,
            Visible::Missing | Visible::Ended => 0,
        }
    }
}

fn truncate(store: &Store, stream: &str, before: u64) {
    let Ok(before) = i64::try_from(before) else { return };
    let metadata = Proposed::system(METADATA, with_truncate_before(b"", before));
    // If it is not written, what was replayed comes with the next replay again.
    let _ = store.append(&metastream_of(stream), Expected::Any, vec![metadata]);
}
