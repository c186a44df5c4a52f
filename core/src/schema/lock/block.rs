//! What stands in the lock file.

use std::borrow::Cow;
use std::fmt;

use super::form::Form;
use super::tags::FieldTag;
use crate::schema::Line;
use crate::schema::path::{is_plain, is_plain_char, json};

/// What has a form that the lock file keeps, in the order in which it keeps them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An aggregate, by its name.
    Aggregate(String),
    /// A command, by its name.
    Command(String),
    /// An event.
    Event {
        /// Its name.
        name: String,
        /// The version of its form.
        version: u32,
    },
    /// The state of a saga's instances.
    Saga {
        /// The saga's name.
        name: String,
        /// The version of the form of its state.
        version: u32,
    },
    /// The kept state of an aggregate, by the aggregate's name.
    Snapshot(String),
    /// The rows of a projection.
    View {
        /// Its name.
        name: String,
        /// The version of its code.
        version: u32,
    },
}

/// As at the head of its block: `event account.deposited v2`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aggregate(name) => write!(f, "aggregate {}", quoted_name(name)),
            Self::Command(name) => write!(f, "command {}", quoted_name(name)),
            Self::Event { name, version } => write!(f, "event {} v{version}", quoted_name(name)),
            Self::Saga { name, version } => write!(f, "saga {} v{version}", quoted_name(name)),
            Self::Snapshot(name) => write!(f, "snapshot {}", quoted_name(name)),
            Self::View { name, version } => write!(f, "view {} v{version}", quoted_name(name)),
        }
    }
}

/// The name of an event, a command or an aggregate, as the file has it.
pub(super) fn quoted_name(name: &str) -> Cow<'_, str> {
    if is_plain(name, is_name_char) { Cow::Borrowed(name) } else { Cow::Owned(json(name)) }
}

/// Whether a character of such a name needs no quotes around it.
pub(super) fn is_name_char(c: char) -> bool {
    c == '.' || is_plain_char(c)
}

/// A subject and its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) subject: Subject,
    /// The names before, of an event.
    pub(super) was: Vec<String>,
    /// The tags that an event carries, sorted.
    pub(super) tags: Vec<FieldTag>,
    /// The tags that make an aggregate's boundary, in order.
    pub(super) boundary: Vec<String>,
    /// The commands that a saga sends, sorted.
    pub(super) sends: Vec<String>,
    /// Whether newer forms are left out where states are folded, of an event.
    pub(super) skips_newer: bool,
    /// Whether samples of the form are not looked at, as its code refused some when it was locked.
    pub(super) unsampled: bool,
    /// The form, sorted.
    pub(super) lines: Vec<Line>,
}

impl Block {
    /// One of which nothing more is said.
    pub(super) fn new(subject: Subject, lines: Vec<Line>) -> Self {
        Self {
            subject,
            was: Vec::new(),
            tags: Vec::new(),
            boundary: Vec::new(),
            sends: Vec::new(),
            skips_newer: false,
            unsampled: false,
            lines,
        }
    }
}

/// What stands on the first line of an event that leaves newer forms out.
pub(super) const SKIPS_NEWER: &str = " skips newer";

/// What stands on the first line of a block whose samples are not looked at.
pub(super) const UNSAMPLED: &str = " unsampled";

/// A block, and where it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) subject: Subject,
    pub(super) was: Vec<String>,
    pub(super) tags: Vec<FieldTag>,
    pub(super) boundary: Vec<String>,
    pub(super) sends: Vec<String>,
    pub(super) skips_newer: bool,
    pub(super) unsampled: bool,
    pub(super) form: Form,
    /// The number of its first line.
    pub(super) head: usize,
    /// The paths of its places, each with the number of its line.
    pub(super) numbers: Vec<(String, usize)>,
}

impl Entry {
    /// The number of the line that a place has; that of the first one if it has none.
    pub(super) fn number_of(&self, path: &str) -> usize {
        let line = self.numbers.iter().find(|(at, _)| at == path);
        line.map_or(self.head, |(_, number)| *number)
    }

    pub(super) fn block(&self) -> Block {
        Block {
            subject: self.subject.clone(),
            was: self.was.clone(),
            tags: self.tags.clone(),
            boundary: self.boundary.clone(),
            sends: self.sends.clone(),
            skips_newer: self.skips_newer,
            unsampled: self.unsampled,
            lines: self.form.lines.clone(),
        }
    }
}
