//! Where an example keeps its events: a file, or a store that a URL names, whose feature has to be on:
//! `redis://`, `postgres://` or `esdb://` with `redis`, `postgres` or `eventstore`.

use std::ffi::OsString;
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

/// A command line that is not `[FILE | --store URL]`.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("usage: {0} [FILE | --store URL]")]
pub(crate) struct Misused(&'static str);

impl Place {
    /// What the command line of an example says; `None` if that is nothing.
    #[allow(dead_code, reason = "not every example that has a place has this command line")]
    pub(crate) fn of_command_line(example: &'static str) -> Result<Option<Self>, Misused> {
        let words: Vec<OsString> = std::env::args_os().skip(1).collect();
        match words.as_slice() {
            [] => Ok(None),
            [file] if !file.to_string_lossy().starts_with('-') => Ok(Some(Self::File(file.into()))),
            [option, url] if option == "--store" => {
                Ok(Some(Self::Url(url.to_string_lossy().into_owned())))
            }
            _ => Err(Misused(example)),
        }
    }

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
