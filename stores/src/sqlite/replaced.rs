//! Notices that another file was put in the place of the one that a store reads.
//!
//! An open connection goes on with the file that it opened, also when that has no name any more: a
//! backup put back beside a reader would leave it with the old log for ever, in silence.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use factum_core::store::StoreError;

use super::Shared;
use super::fault::BACKEND;
use super::names::lock;
use super::schema::open_first_reader;

/// What a store that only reads has open now.
#[derive(Debug)]
pub(super) struct Current(Mutex<(FileId, Arc<Shared>)>);

impl Current {
    pub(super) fn open(shared: Arc<Shared>) -> Result<Self, StoreError> {
        let id = FileId::of(&shared.file)?;
        Ok(Self(Mutex::new((id, shared))))
    }

    /// What is open; what stands in its place if that is another file by now. The marks of the old one
    /// are checked against the new one as they are read from.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while there is no file, and what opening it fails with.
    pub(super) fn shared(&self) -> Result<Arc<Shared>, StoreError> {
        let mut open = lock(&self.0);
        let (id, shared) = &mut *open;
        let found = FileId::of(&shared.file)?;
        if found != *id {
            let file = shared.file.clone();
            let (conn, log) = open_first_reader(&file).map_err(|fault| fault.into_store(&file))?;
            *shared = Shared::new(file, log, shared.options.clone());
            shared.pool.give_back(conn);
            *id = found;
        }
        Ok(Arc::clone(shared))
    }

    /// Refuses further reads.
    pub(super) async fn close(&self) {
        let current = lock(&self.0).1.clone();
        current.pool.close().await;
    }
}

/// Which file a path names: device and inode. Not by a handle: closing one would take the locks that
/// SQLite holds on the file in this process (`fcntl(2)`). The pool keeps the file open, so that its
/// inode is not given to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(Option<(u64, u64)>);

impl FileId {
    fn of(file: &Path) -> Result<Self, StoreError> {
        Self::read(file).map_err(|error| {
            let reason = format!("{}: {error}", file.display());
            StoreError::Unavailable { backend: BACKEND, reason }
        })
    }

    #[cfg(unix)]
    fn read(file: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let found = file.metadata()?;
        Ok(Self(Some((found.dev(), found.ino()))))
    }

    /// Elsewhere an open file cannot be replaced.
    #[cfg(not(unix))]
    fn read(file: &Path) -> io::Result<Self> {
        file.metadata().map(|_| Self(None))
    }
}
