//! Files that are made from an app and kept with its code.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use factum_core::schema::lock::{self, Failure};

use super::difference::Difference;
use factum_core::schema::{Description, documents};

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
        "in {}, these are not what the app says:\n{}\nrun `{VARIABLE}=update cargo test`, and commit \
         them", folder.display(), listed(differences)
    )]
    Documents {
        /// Where they are kept.
        folder: PathBuf,
        /// In which ones.
        differences: Vec<Difference>,
    },
    /// What the app consists of does not go together, for these reasons.
    #[error("the app does not start: {}", .0.join("\nthe app does not start: "))]
    DoesNotStart(Vec<String>),
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

fn listed(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("    {difference}")).collect::<Vec<_>>().join("\n")
}

/// Compares what an app persists with `events.lock` in a folder; see
/// [`lock::Rule`](factum_core::schema::lock::Rule) for what breaks. With `FACTUM_LOCK=update` in the
/// environment, a change that breaks nothing is written. One that breaks is never written.
///
/// # Errors
/// [`KeptError`], whose text is the whole report.
pub fn check_lock(app: &Description, folder: impl AsRef<Path>) -> Result<(), KeptError> {
    lock_in(app, folder.as_ref(), update_wanted()?)
}

fn lock_in(app: &Description, folder: &Path, update: bool) -> Result<(), KeptError> {
    let path = folder.join(lock::FILE);
    let locked = read(&path)?;
    match lock::check(locked.as_deref(), app, update) {
        Ok(None) => Ok(()),
        Ok(Some(text)) => write(&path, &text),
        Err(failure) => Err(KeptError::Lock { path, failure }),
    }
}

/// Compares the documents of the app that is called `title` with the files of their names in a folder;
/// see [`Description::documents`]. With `FACTUM_LOCK=update` in the
/// environment, those that differ are written.
///
/// # Errors
/// [`KeptError`], which names those that differ.
pub fn check_documents(
    app: &Description,
    title: &str,
    version: &str,
    folder: impl AsRef<Path>,
) -> Result<(), KeptError> {
    if !app.problems.is_empty() {
        return Err(KeptError::DoesNotStart(app.problems.clone()));
    }
    documents_in(&app.documents(title, version), folder.as_ref(), update_wanted()?)
}

fn documents_in(
    documents: &[documents::Document],
    folder: &Path,
    update: bool,
) -> Result<(), KeptError> {
    let mut differences = Vec::new();
    for document in documents {
        let path = folder.join(document.name);
        let kept = read(&path)?;
        if kept.as_ref() == Some(&document.text) {
            continue;
        }
        if update {
            write(&path, &document.text)?;
        } else {
            differences.push(Difference::of(document, kept.as_deref()));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(KeptError::Documents { folder: folder.to_owned(), differences })
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

#[cfg(test)]
mod tests {
    use factum_core::schema::{
        AggregateSchema, CommandSchema, Docs, Field, Integer, Object, SampleReader, Shape,
    };

    use super::*;

    fn app(cents: Integer) -> Description {
        let field = |name: &str, shape| Field {
            name: name.to_owned(),
            aliases: Vec::new(),
            shape,
            optional: false,
        };
        let fields = vec![field("account", Shape::Text), field("cents", Shape::Integer(cents))];
        let deposit = CommandSchema {
            name: "account.deposit",
            rust_type: "bank::Deposit",
            docs: Docs::NONE,
            fields: Shape::Object(Object { name: "Deposit".to_owned(), fields, strict: false }),
            tags: Vec::new(),
            read: SampleReader::ANYTHING,
        };
        let account = AggregateSchema {
            name: "account",
            docs: Docs::NONE,
            commands: vec![deposit],
            events: Vec::new(),
            boundary: Vec::new(),
            snapshot: None,
        };
        Description { aggregates: vec![account], ..Description::default() }
    }

    fn says(checked: Result<(), KeptError>, wanted: &[&str]) {
        let told = checked.unwrap_err().to_string();
        for wanted in wanted {
            assert!(told.contains(wanted), "{wanted:?} is not in: {told}");
        }
    }

    #[test]
    fn a_lock_file_is_made_followed_and_never_broken() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, file) = (folder.path(), folder.path().join("events.lock"));
        let (before, wider, narrower) = (app(Integer::U16), app(Integer::U32), app(Integer::U8));

        says(lock_in(&before, folder, false), &["events.lock", "FACTUM_LOCK=update cargo test"]);
        assert!(!file.exists());
        lock_in(&before, folder, true).unwrap();
        lock_in(&before, folder, false).unwrap();

        says(lock_in(&wider, folder, false), &["behind", "cents"]);
        lock_in(&wider, folder, true).unwrap();
        lock_in(&wider, folder, false).unwrap();

        let kept = fs::read(&file).unwrap();
        for update in [false, true] {
            let place = format!("{}:8", lock::FILE);
            says(lock_in(&narrower, folder, update), &[&place, "account.deposit", "retyped-field"]);
            assert_eq!(fs::read(&file).unwrap(), kept);
        }
        let other_ends = fs::read_to_string(&file).unwrap().replace('\n', "\r\n");
        fs::write(&file, other_ends).unwrap();
        lock_in(&wider, folder, false).unwrap();
        fs::write(&file, "<<<<<<< ours\n").unwrap();
        says(lock_in(&wider, folder, true), &["events.lock", "1"]);
    }

    #[test]
    fn documents_are_written_where_they_differ() {
        let folder = tempfile::tempdir().unwrap();
        let docs = folder.path().join("docs/model");
        let documents = app(Integer::U16).documents("bank", "1.0.0");
        says(documents_in(&documents, &docs, false), &["model.md", "asyncapi.json", "FACTUM_LOCK"]);
        documents_in(&documents, &docs, true).unwrap();
        documents_in(&documents, &docs, false).unwrap();

        fs::write(docs.join("model.md"), "mine").unwrap();
        let Err(KeptError::Documents { differences, .. }) = documents_in(&documents, &docs, false)
        else {
            panic!("the change is not noticed");
        };
        let names: Vec<_> = differences.iter().map(|difference| difference.name).collect();
        assert_eq!(names, ["model.md"]);
        documents_in(&documents, &docs, true).unwrap();
        documents_in(&documents, &docs, false).unwrap();
    }

    #[test]
    fn an_app_that_does_not_start_has_neither() {
        let folder = tempfile::tempdir().unwrap();
        let problems = vec!["two are `account`".to_owned()];
        let app = Description { problems, ..app(Integer::U8) };
        let told = ["the app does not start: two are `account`"];
        says(check_lock(&app, folder.path()), &told);
        says(check_documents(&app, "bank", "1.0", folder.path()), &told);
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("events.lock")).unwrap();
        says(lock_in(&app(Integer::U8), folder.path(), true), &["events.lock"]);
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let documents = app(Integer::U8).documents("bank", "1.0.0");
        says(documents_in(&documents, &file.join("docs"), true), &["file"]);
    }
}
