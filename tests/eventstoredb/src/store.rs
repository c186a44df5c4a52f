//! The log as the services share it: behind a lock, with its file, and with a signal for those who
//! wait for what comes.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::model::{Expected, Log, METADATA, Plan, Proposed, Refused, Written};
use crate::persistence::CommitFile;

/// The log as the services share it; clones are the same log.
#[derive(Clone, Debug)]
pub(crate) struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    /// How many records there are.
    length: watch::Sender<usize>,
}

#[derive(Debug)]
struct Inner {
    log: Log,
    file: Option<CommitFile>,
}

impl Store {
    /// A log that knows the ids of the last `recent_ids` events, with what `file` has.
    ///
    /// # Errors
    ///
    /// The error of the file system.
    pub(crate) fn open(recent_ids: usize, file: Option<&Path>) -> io::Result<Self> {
        let mut log = Log::new(recent_ids);
        let (file, commits) = file.map(CommitFile::open).transpose()?.unzip();
        for commit in commits.unwrap_or_default() {
            log.commit(commit);
        }
        let length = watch::Sender::new(log.records().len());
        let store = Self(Arc::new(Shared { inner: Mutex::new(Inner { log, file }), length }));
        if store.read(|log| log.records().is_empty()) {
            store.commit(|log| Ok(first_events(log))).map_err(io::Error::other)?;
        }
        Ok(store)
    }

    /// Looks at the log.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        look(&self.lock().log)
    }

    /// Appends `events` to `stream`.
    ///
    /// # Errors
    ///
    /// See [`Log::plan_append`].
    pub(crate) fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Written, Refused> {
        self.commit(|log| log.plan_append(stream, expected, events))
    }

    /// Deletes `stream` softly.
    ///
    /// # Errors
    ///
    /// See [`Log::plan_delete`].
    pub(crate) fn delete(&self, stream: &str, expected: Expected) -> Result<Written, Refused> {
        self.commit(|log| log.plan_delete(stream, expected))
    }

    /// Ends `stream` for ever.
    ///
    /// # Errors
    ///
    /// See [`Log::plan_tombstone`].
    pub(crate) fn tombstone(&self, stream: &str, expected: Expected) -> Result<Written, Refused> {
        self.commit(|log| log.plan_tombstone(stream, expected))
    }

    /// Says the number of records whenever it has grown.
    #[must_use]
    pub(crate) fn growth(&self) -> watch::Receiver<usize> {
        self.0.length.subscribe()
    }

    fn commit(&self, plan: impl FnOnce(&Log) -> Result<Plan, Refused>) -> Result<Written, Refused> {
        let mut inner = self.lock();
        let (records, own) = match plan(&inner.log)? {
            Plan::Commit { records, own } => (records, own),
            Plan::Done(written) => return Ok(written),
        };
        if let Some(file) = &mut inner.file {
            file.write(&records).map_err(|error| Refused::File(error.to_string()))?;
        }
        let mut records = inner.log.commit(records);
        records.truncate(own);
        inner.log.remember(&records);
        let written = records.last().map(Written::ending_with);
        self.0.length.send_replace(inner.log.records().len());
        Ok(written.unwrap_or(Written { revision: None, position: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new database is not empty: its users and the metadata of its statistics are in it.
fn first_events(log: &Log) -> Plan {
    let user = |name| ("$users".to_owned(), Proposed::system("$User", name));
    let statistics = Proposed::system(METADATA, "{\"$maxAge\":2592000}");
    let records = log.prepare(vec![
        ("$$$stats-127.0.0.1".to_owned(), statistics),
        user("admin"),
        user("ops"),
    ]);
    let own = records.len();
    Plan::Commit { records, own }
}
