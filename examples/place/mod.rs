//! Where an example keeps its events: a file, or a store that a URL names.

use std::fmt;
use std::path::PathBuf;

use factum::store::StoreError;
use factum::{App, AppBuilder};

/// A file, or a URL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    File(PathBuf),
    Url(String),
}

impl Place {
    /// An app on it. The tables of a PostgreSQL database are made if they are not there.
    pub(crate) async fn open(&self) -> Result<AppBuilder, StoreError> {
        match self {
            Self::File(file) => App::open(file),
            Self::Url(url) => {
                #[cfg(feature = "postgres")]
                if url.starts_with("postgres") {
                    factum::stores::PostgresStore::migrate(url).await?;
                }
                App::connect(url).await
            }
        }
    }
}

/// Of a URL no more than what kind of store it names: it may have a password in it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Url(url) => write!(f, "{}:…", url.split(':').next().unwrap_or_default()),
        }
    }
}
