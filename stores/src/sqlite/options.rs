use std::path::Path;

use factum_core::store::{Durability, Limits, StoreError};

use super::SqliteStore;

/// How an embedded store is opened: see [`SqliteStore::options`].
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    pub(super) durability: Durability,
    pub(super) limits: Limits,
    pub(super) cache_bytes: usize,
    pub(super) file_bytes: Option<u64>,
    pub(super) read_only: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Synced,
            limits: Limits::default(),
            cache_bytes: 64 * 1024 * 1024,
            file_bytes: None,
            read_only: false,
        }
    }
}

impl SqliteOptions {
    /// What an acknowledged commit survives, at the least: [`Durability::Synced`] (the default,
    /// SQLite's `synchronous=FULL`) or [`Durability::Process`] (`synchronous=NORMAL`).
    /// [`Durability::Volatile`] is served as `Process`.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        let durability = durability.max(Durability::Process);
        Self { durability, ..self }
    }

    /// How large commits may be. SQLite itself ends at 1,000,000,000 bytes a payload.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How much memory the caches of stream heads, of tag heads and of names may take, in bytes. The
    /// default is 64 MiB, which remembers some 200,000 streams and 60,000 tags of guards; those beyond
    /// are looked up in the file.
    #[must_use]
    pub fn cache_bytes(self, bytes: usize) -> Self {
        Self { cache_bytes: bytes, ..self }
    }

    /// How large the file may grow, in bytes. An append beyond it fails with
    /// [`StoreError::Full`], as one on a full disk does.
    #[must_use]
    pub fn file_bytes(self, bytes: u64) -> Self {
        Self { file_bytes: Some(bytes), ..self }
    }

    /// Opens the file only to read, beside the process that writes it, if there is one.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    /// Opens the store. See [`SqliteStore::open`].
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(path.as_ref(), self)
    }
}
