//! The groups that there are, in the log.

use serde::{Deserialize, Serialize};

use super::settings::Entry;
use crate::model::{Expected, Log, Proposed, Refused};
use crate::store::Store;

const STREAM: &str = "$persistentSubscriptionConfig";
const EVENT: &str = "$PersistentConfig";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Config {
    entries: Vec<Entry>,
}

/// The groups as they were written last.
pub(super) fn load(log: &Log) -> Vec<Entry> {
    let last = log.last_visible(STREAM);
    let config: Option<Config> = last.and_then(|record| serde_json::from_slice(&record.data).ok());
    config.unwrap_or_default().entries
}

/// Writes which groups there are.
pub(super) fn save(store: &Store, entries: Vec<Entry>) -> Result<(), Refused> {
    let data = serde_json::to_vec(&Config { entries })
        .map_err(|error| Refused::File(error.to_string()))?;
    store.append(STREAM, Expected::Any, vec![Proposed::system(EVENT, data)]).map(|_| ())
}
