//! Files that are made from an app and kept with its code.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use factum_core::schema::Description;
use factum_core::schema::documents::Document;
use factum_core::schema::lock::{self, Failure};

/// The variable that asks for the files to be written.
const VARIABLE: &str = "FACTUM_LOCK";

/// Why files are not what the app says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    /// The app and its lock file do not agree.
    #[error("{}\n{failure}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The report.
        failure: Failure,
    },
    /// Documents are not those of the app.
    #[error(
        "in {}, these are missing or are not what the app says: {}; run `{VARIABLE}=update cargo \
         test`, and commit them", folder.display(), names.join(", ")
    )]
    Documents {
        /// Where they are kept.
        folder: PathBuf,
        /// Their names.
        names: Vec<&'static str>,
    },
    /// A file could not be read or written.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: io::Error,
    },
    /// The variable has a value that means nothing.
    #[error("{VARIABLE} is {0:?}: set it to `update`, or not at all")]
    Variable(String),
}

/// Compares what an app persists with `events.lock` in a folder; see
/// [`lock::Rule`](factum_core::schema::lock::Rule) for what breaks. With `FACTUM_LOCK=update` in the
/// environment, a change that breaks nothing is written. One that breaks is never written.
///
/// # Errors
/// [`KeptError`], whose text is the whole report.
pub fn check_lock(app: &Description, folder: impl AsRef<Path>) -> Result<(), KeptError> {
    let (update, path) = (update_wanted()?, folder.as_ref().join(lock::FILE));
    let locked = read(&path)?;
    match lock::check(locked.as_deref(), app, update) {
        Ok(None) => Ok(()),
        Ok(Some(text)) => write(&path, &text),
        Err(failure) => Err(KeptError::Lock { path, failure }),
    }
}

/// Compares documents with the files of their names in a folder. With `FACTUM_LOCK=update` in the
/// environment, those that differ are written.
///
/// # Errors
/// [`KeptError`], which names those that differ.
pub fn check_documents(documents: &[Document], folder: impl AsRef<Path>) -> Result<(), KeptError> {
    let (update, folder) = (update_wanted()?, folder.as_ref());
    let mut names = Vec::new();
    for document in documents {
        let path = folder.join(document.name);
        if read(&path)?.is_some_and(|kept| kept == document.text) {
            continue;
        }
        if update {
            write(&path, &document.text)?;
        } else {
            names.push(document.name);
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    Err(KeptError::Documents { folder: folder.to_owned(), names })
}

fn update_wanted() -> Result<bool, KeptError> {
    match std::env::var_os(VARIABLE) {
        None => Ok(false),
        Some(value) if value == "update" => Ok(true),
        Some(value) if value.is_empty() => Ok(false),
        Some(value) => Err(KeptError::Variable(value.to_string_lossy().into_owned())),
    }
}

/// The text of a file, if there is one. A checkout may have given its lines other ends.
fn read(path: &Path) -> Result<Option<String>, KeptError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(KeptError::File { path: path.to_owned(), problem }),
    }
}

fn write(path: &Path, text: &str) -> Result<(), KeptError> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text))
        .map_err(|problem| KeptError::File { path: path.to_owned(), problem })
}
