//! How far a group is, in the log.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::group::Group;
use super::key::{Key, Source};
use crate::model::{Expected, Log, Proposed};
use crate::store::Store;

const CHECKPOINT: &str = "$SubscriptionCheckpoint";

/// The place after the checkpoint that was written last.
pub(super) fn place_after_checkpoint(log: &Log, key: &Key) -> Option<u64> {
    let last = log.last_visible(&key.checkpoint_stream())?;
    match (&key.source, serde_json::from_slice(&last.data).ok()?) {
        (Source::Stream(_), Value::Number(number)) => Some(number.as_u64()? + 1),
        (Source::All, Value::String(position)) => {
            let commit = position.strip_prefix("C:")?.split('/').next()?.parse().ok()?;
            Some(log.index_after(commit).ok()? as u64)
        }
        _ => None,
    }
}

/// What the last event before `place` is called: a number, or a position of `$all`.
pub(super) fn name_of_last_before(log: &Log, source: &Source, place: u64) -> Option<String> {
    let last = place.checked_sub(1)?;
    match source {
        Source::Stream(_) => Some(last.to_string()),
        Source::All => {
            let position = log.records().get(usize::try_from(last).ok()?)?.position;
            Some(format!("C:{position}/P:{position}"))
        }
    }
}

impl Group {
    /// The place before which all is done.
    pub(super) fn done_before(&self) -> u64 {
        let waiting = self.waiting.iter().filter_map(|message| message.place);
        let in_flight = self.in_flight.values().filter_map(|sent| sent.message.place);
        waiting.chain(in_flight).min().unwrap_or(self.next)
    }

    /// Writes the checkpoint if it is due, by number or, at a tick, by time.
    pub(super) fn checkpoint(&mut self, store: &Store, is_tick: bool) {
        let settings = &self.entry.settings;
        let done = self.done_before();
        let progress = done.saturating_sub(self.checkpointed);
        let at_least = |count: i32| progress >= u64::try_from(count).unwrap_or(0);
        let after = u64::try_from(settings.checkpoint_after).unwrap_or(0);
        let is_time =
            is_tick && after > 0 && self.checkpoint_time.elapsed() >= Duration::from_millis(after);
        let is_due = at_least(settings.max_checkpoint_count)
            || (is_time && at_least(settings.min_checkpoint_count));
        if progress == 0 || !is_due {
            return;
        }
        let key = &self.entry.key;
        let Some(name) = store.read(|log| name_of_last_before(log, &key.source, done)) else {
            return;
        };
        let data = match key.source {
            Source::Stream(_) => name,
            Source::All => format!("\"{name}\""),
        };
        let event = Proposed::system(CHECKPOINT, data);
        if store.append(&key.checkpoint_stream(), Expected::Any, vec![event]).is_ok() {
            self.checkpointed = done;
            self.checkpoint_time = Instant::now();
        }
    }
}
