//! Names that are persisted.
//!
//! *Problem.* A name that is empty, endless or unprintable is stored for ever and breaks tools years
//! later. *Invariant.* A value of these types that reached a store was checked. *Shape.*
//! [`StreamName`] is `category-id`, [`EventName`] is `context.event`; both are cheap to clone.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The most bytes that a stream name or an event name may have.
pub const MAX_NAME_BYTES: usize = 255;

/// Why a text cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {name:?} {problem}")]
pub struct BadName {
    /// What the text was meant to name: `stream`, `event`, …
    pub what: &'static str,
    /// The text, cut short where it is over-long.
    pub name: String,
    /// What is wrong with it.
    pub problem: NameProblem,
}

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// There is no text.
    #[error("is empty: give it at least one character")]
    Empty,
    /// The text is longer than [`MAX_NAME_BYTES`].
    #[error("has {bytes} bytes: the most is {MAX_NAME_BYTES}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A character that nobody could see: a control character, or one of those that only direct how
    /// others are shown.
    #[error("has the unprintable character {character:?} at byte {at}: take it out")]
    Unprintable {
        /// Where, in bytes from the start.
        at: usize,
        /// Which.
        character: char,
    },
    /// A hyphen in the name of an aggregate.
    #[error(
        "has a hyphen at byte {at}, which would end it there in the names of its streams: use `_`"
    )]
    Hyphen {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// A colon in the name of a tag.
    #[error("has a colon at byte {at}, which would end it there: use another character")]
    Colon {
        /// Where, in bytes from the start.
        at: usize,
    },
    /// A tag without a name or a value.
    #[error("is not of the form `name:value`: write a name, a colon and the value")]
    NoValue,
    /// A tag that a boundary has, and its command does not.
    #[error("is missing: the boundary has it, so the command needs a field for it")]
    Missing,
    /// An event name without a context.
    #[error("is not of the form `context.event`: write a context, a dot and the event")]
    NoContext,
    /// A stream name without a category or an id.
    #[error("is not of the form `category-id`: write a category, a hyphen and the id")]
    NoId,
}

/// Checks that `text` is not empty, not over-long and printable.
///
/// # Errors
/// [`BadName`], which names the text and the problem.
pub fn check(what: &'static str, text: &str) -> Result<(), BadName> {
    match problem_of(text) {
        None => Ok(()),
        Some(problem) => Err(BadName { what, name: shortened(text), problem }),
    }
}

fn problem_of(text: &str) -> Option<NameProblem> {
    if text.is_empty() {
        return Some(NameProblem::Empty);
    }
    if text.len() > MAX_NAME_BYTES {
        return Some(NameProblem::TooLong { bytes: text.len() });
    }
    // Names are checked for each command and each event, and nearly all of them are ASCII.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let (at, character) = text.char_indices().find(|(_, c)| is_unprintable(*c))?;
    Some(NameProblem::Unprintable { at, character })
}

/// Control characters (category Cc of Unicode), separators of lines and paragraphs (Zl, Zp), and the
/// format characters (Cf) that are in use: two names that differ in one of them look the same.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Checks that `name` can begin the names of streams: see [`check`]. It has no hyphen, which would end
/// it there.
///
/// # Errors
/// [`BadName`], which says what is wrong.
pub fn check_category(name: &str) -> Result<(), BadName> {
    check("aggregate", name)?;
    match name.find('-') {
        None => Ok(()),
        Some(at) => Err(BadName {
            what: "aggregate",
            name: shortened(name),
            problem: NameProblem::Hyphen { at },
        }),
    }
}

/// The name of a stream: `category-id`. The category ends at the first hyphen.
///
/// ```
/// use factum_core::StreamName;
/// let stream = StreamName::of("account", "alice-2").unwrap();
/// assert_eq!((stream.category(), stream.id()), ("account", "alice-2"));
/// assert!(StreamName::of("account", "").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// Takes a whole name.
    ///
    /// # Errors
    /// [`BadName`] if it is empty, over-long, unprintable or has no `category-id` form.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, BadName> {
        let name = name.into();
        check("stream", &name)?;
        match name.split_once('-') {
            Some((category, id)) if !category.is_empty() && !id.is_empty() => Ok(Self(name)),
            _ => {
                Err(BadName { what: "stream", name: shortened(&name), problem: NameProblem::NoId })
            }
        }
    }

    /// The stream of the aggregate `category` with this id.
    ///
    /// # Errors
    /// [`BadName`] if the id is empty, or the whole is over-long or unprintable.
    pub fn of(category: &str, id: &str) -> Result<Self, BadName> {
        check_category(category)?;
        check("id", id)?;
        let mut name = String::with_capacity(category.len() + 1 + id.len());
        name.push_str(category);
        name.push('-');
        name.push_str(id);
        Self::new(name)
    }

    /// The part before the first hyphen.
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or("", |(category, _)| category)
    }

    /// The part after the first hyphen.
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }
}

/// The persisted name of an event: `context.event`.
///
/// ```
/// use factum_core::EventName;
/// const OPENED: EventName = EventName::fixed("account.opened");
/// assert_eq!(OPENED.context(), "account");
/// assert!(EventName::new("opened").is_err());
/// ```
#[derive(Clone)]
pub struct EventName(Text);

#[derive(Clone)]
enum Text {
    Fixed(&'static str),
    Shared(Arc<str>),
}

impl EventName {
    /// Takes a name that was read or typed at run time.
    ///
    /// # Errors
    /// [`BadName`] if it is empty, over-long, unprintable or has no context.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, BadName> {
        let name = Self(Text::Shared(name.into()));
        name.check()?;
        Ok(name)
    }

    /// Takes a name that is written in the source. It is checked when it reaches a store.
    pub const fn fixed(name: &'static str) -> Self {
        Self(Text::Fixed(name))
    }

    /// Checks the name: see [`new`](Self::new).
    ///
    /// # Errors
    /// [`BadName`], which says what is wrong.
    pub fn check(&self) -> Result<(), BadName> {
        check("event", self)?;
        match self.rsplit_once('.') {
            Some((context, event)) if !context.is_empty() && !event.is_empty() => Ok(()),
            _ => Err(BadName {
                what: "event",
                name: shortened(self),
                problem: NameProblem::NoContext,
            }),
        }
    }

    /// The part before the last dot.
    pub fn context(&self) -> &str {
        context_of(self)
    }
}

/// The context of an event name: the part before its last dot.
pub fn context_of(event: &str) -> &str {
    event.rsplit_once('.').map_or("", |(context, _)| context)
}

impl Deref for EventName {
    type Target = str;
    fn deref(&self) -> &str {
        match &self.0 {
            Text::Fixed(name) => name,
            Text::Shared(name) => name,
        }
    }
}

impl Deref for StreamName {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq for EventName {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
impl Eq for EventName {}

impl std::hash::Hash for EventName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::borrow::Borrow<str> for StreamName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
impl fmt::Debug for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
