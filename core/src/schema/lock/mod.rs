//! The lock file of an app's schema: what is persisted, in a text that is reviewed like code.
//!
//! *Problem.* A field that is renamed or made stricter compiles, passes its tests, and fails on the
//! first event of last year. *Invariant.* What any version of the code that passed has stored can be
//! read by the next one that passes. *Shape.* `events.lock` keeps the name of each aggregate and the form of
//! each command, of each event in each version, of the state of each saga in each version, and of each
//! snapshot, one place a line; so do the rows of each projection. [`compare`] reads stored forms, as
//! they are locked, with those of today: a change that breaks is told of by its [`Rule`], with the
//! upcaster to write; others are written when they are asked for. Nothing here does I/O.
//!
//! A stored event keeps the tags that it was written with, and a boundary finds it by them. So an event's
//! tags, each with its field, stand on its first line, and the tags of a boundary, in their order, on that of
//! its aggregate. A tag that goes or comes, and a boundary that is another one, break: no upcaster can mend
//! that.
//!
//! A saga's instances may be under way for long, and are found by its name; what they have yet to send, or to
//! undo, is kept with them. So a saga that is gone breaks, as does one that sends a command no more: the
//! commands stand on its first line. Its state has versions as an event has.
//!
//! What is `any` is not compared: serde asks enums with `tag` or `untagged`, and structs with `flatten`,
//! for anything. A form that becomes `any` at one version therefore breaks, and so does one that was: the
//! version is raised, or the block is corrected by hand where it is sure that what is stored is read. Only
//! an upcaster may take `any` for what is known: it is JSON that it wants then.
//!
//! Of a type that looks at a simple value before it takes it, such as a date, the file has the first
//! sample that is taken: `string like "2000-01-01"`. To begin with a check, or to change it, breaks. One
//! that takes the first sample of all (`""` or `0`), or looks at a whole list or object, is not seen.
//!
//! What forms do not tell (an upcaster on JSON, a check of a whole object), samples do: one with all that a
//! locked form may have and one with the least are read by the code of today, written, and read again.
//! One that is refused breaks. Code that refuses a sample of its own form when that is locked is marked
//! `unsampled`, so that its samples are not looked at.
//!
//! Names are those that are read: where serde's `rename` has one for writing and another for reading,
//! it is the latter, and fields with `skip_deserializing` are not seen. So an object that begins to
//! refuse unknown fields breaks, even if all that are locked are known.
//!
//! ```
//! use factum_core::schema::lock::{self, Failure};
//! use factum_core::schema::Description;
//!
//! let app = Description::default();
//! assert!(matches!(lock::check(None, &app, false), Err(Failure::Missing)));
//! let text = lock::check(None, &app, true).unwrap().unwrap();
//! assert_eq!(lock::check(Some(&text), &app, false), Ok(None));
//! ```

mod advice;
mod block;
mod boundary;
mod breaks;
mod cause;
mod change;
mod cursor;
mod damaged;
mod family;
mod form;
mod parse;
mod reading;
mod renames;
mod report;
mod rules;
mod sagas;
mod samples;
mod tags;
mod today;
mod upcaster;
mod update;
mod widening;
mod write;

pub use block::Subject;
pub use change::{Change, Changed};
pub use damaged::{Damage, Damaged};
pub use report::{Break, Fault};
pub use rules::Rule;

use super::Description;

/// The name of the file.
pub const FILE: &str = "events.lock";

/// What updates it.
pub const UPDATE: &str = "FACTUM_LOCK=update cargo test";

/// What an app is, beside its lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing changed.
    Same,
    /// What changed breaks nothing.
    Compatible {
        /// What changed, in the order of the file.
        changes: Vec<Change>,
        /// The new text of the file.
        text: String,
    },
    /// What is stored or sent can no longer be read, or would lose something: all of it, in the order
    /// of the file.
    Breaking(Vec<Break>),
}

/// Compares an app with the text of its lock file, which is empty if there is none yet.
///
/// # Errors
/// [`Damaged`] if the text cannot be read.
pub fn compare(lock: &str, app: &Description) -> Result<Verdict, Damaged> {
    let lock = parse::parse(lock)?;
    let breaks = breaks::breaks(&lock, app);
    if !breaks.is_empty() {
        return Ok(Verdict::Breaking(breaks));
    }
    let before: Vec<_> = lock.iter().map(block::Entry::block).collect();
    let after = update::update(&lock, app);
    let changes = change::changes(&before, &after);
    if changes.is_empty() {
        return Ok(Verdict::Same);
    }
    // What is new has to be read, too.
    let text = write::write(&after);
    let breaks = breaks::breaks(&parse::parse(&text)?, app);
    Ok(if breaks.is_empty() {
        Verdict::Compatible { changes, text }
    } else {
        Verdict::Breaking(breaks)
    })
}

/// Why the check of a lock file fails; its text is the whole report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// What the app consists of does not go together, for these reasons.
    #[error("the app does not start: {}", .0.join("\nthe app does not start: "))]
    DoesNotStart(Vec<String>),
    /// There is no file.
    #[error("there is no {FILE}: run `{UPDATE}`, and commit it")]
    Missing,
    /// The file cannot be read.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// Changes that break nothing are not in the file yet.
    #[error("{FILE} is behind:\n{}\nrun `{UPDATE}`, and commit it", listed(.0))]
    Behind(Vec<Change>),
    /// What is stored or sent can no longer be read, or would lose something.
    #[error("these changes break what is locked:\n\n{}", joined(.0))]
    Breaking(Vec<Break>),
}

/// Checks an app against the text of its lock file, if there is one. Gives the text to write, if that
/// is asked for with `update` and there is something to write.
///
/// # Errors
/// [`Failure`]. With `update`, too, nothing is to be written then.
pub fn check(
    lock: Option<&str>,
    app: &Description,
    update: bool,
) -> Result<Option<String>, Failure> {
    if !app.problems.is_empty() {
        return Err(Failure::DoesNotStart(app.problems.clone()));
    }
    match (lock, compare(lock.unwrap_or_default(), app)?) {
        (_, Verdict::Breaking(breaks)) => Err(Failure::Breaking(breaks)),
        (_, Verdict::Compatible { text, .. }) if update => Ok(Some(text)),
        (None, Verdict::Same) if update => Ok(Some(write::write(&[]))),
        (None, _) => Err(Failure::Missing),
        (Some(_), Verdict::Compatible { changes, .. }) => Err(Failure::Behind(changes)),
        (Some(_), Verdict::Same) => Ok(None),
    }
}

fn listed(changes: &[Change]) -> String {
    let changes: Vec<_> = changes.iter().map(|change| format!("    {change}")).collect();
    changes.join("\n")
}

fn joined(breaks: &[Break]) -> String {
    let breaks: Vec<_> = breaks.iter().map(ToString::to_string).collect();
    breaks.join("\n\n")
}
