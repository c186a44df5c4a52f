//! A lock file that cannot be read.

use super::{FILE, Subject, UPDATE};

/// What there is.
const KINDS: &str = "any, null, bool, u8 to u128, i8 to i128, f32, f64, char, string, bytes, list, list of \
                     LENGTH, tuple, map, map by KIND, object, `object, no others`, choice, unit and \
                     `again PATH`, with ` (checked)`, ` like SAMPLE` or ` | null` behind one";

/// Where the lock file cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{FILE}:{line}: {damage}")]
pub struct Damaged {
    /// The number of the line.
    pub line: usize,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What is wrong with a line of the lock file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Two branches changed the same lines.
    #[error(
        "a merge stopped here: keep the lines of both sides, of two versions of one line the one \
         that is stored, take the markers out, and run `{UPDATE}`"
    )]
    MergeConflict,
    /// A line at the margin that begins no block.
    #[error(
        "`{0}` begins no block: write `aggregate NAME`, `command NAME`, `event NAME vVERSION`, \
         `saga NAME vVERSION`, `snapshot NAME` or `view NAME vVERSION`, or take the file from version control again"
    )]
    Head(String),
    /// An event, a saga or a view of version 0.
    #[error("`{0}` is no version: they begin at 1; take the file from version control again")]
    NoVersion(Subject),
    /// A line in a block that is no place of a form.
    #[error(
        "`{0}` is no place of a form: write `path: kind`, or take the file from version control \
         again"
    )]
    Place(String),
    /// A place that is deeper inside than any form is.
    #[error("this is too deep inside its form: take the file from version control again")]
    TooDeep,
    /// A place of a form before the first block, or in one of an aggregate.
    #[error("`{0}` stands in no block that has a form: take the file from version control again")]
    NoBlock(String),
    /// A place whose kind there is not.
    #[error("`{kind}` is no kind, as which `{path}` could be read: they are {KINDS}")]
    NoKind {
        /// Which place.
        path: String,
        /// What stands there.
        kind: String,
    },
    /// A place that the place around it cannot have.
    #[error(
        "`{0}` does not fit the lines around it: correct it, or take the file from version control \
         again"
    )]
    Misfit(String),
    /// A place of which the parts are missing.
    #[error("a line for `{0}` is missing below: take the file from version control again")]
    Missing(String),
    /// A block that is there already.
    #[error("{subject} stands at line {first} already: keep the one whose form is stored")]
    BlockTwice {
        /// What the block is of.
        subject: Subject,
        /// The number of the first one's line.
        first: usize,
    },
    /// A place that is there already.
    #[error("`{path}` stands at line {first} already: keep the one that is stored")]
    PlaceTwice {
        /// Which place.
        path: String,
        /// The number of the first one's line.
        first: usize,
    },
}
