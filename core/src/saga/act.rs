use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::codec::{DecodeError, EncodeError, Form};
use crate::{Command, Timestamp};

/// A value as JSON, as it stands.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Writes a value.
    ///
    /// # Errors
    /// [`EncodeError`] if it has no JSON form.
    pub fn of<T>(form: Form<T>, value: &T) -> Result<Self, EncodeError> {
        let mut text = Vec::new();
        form.write(value, &mut text)?;
        let text = String::from_utf8(text).map_err(EncodeError::new)?;
        RawValue::from_string(text).map(Self).map_err(EncodeError::new)
    }

    /// Reads a value.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not of this form.
    pub fn read<T>(&self, form: Form<T>) -> Result<T, DecodeError> {
        form.read(self.0.get().as_bytes())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A command as it is kept until it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The command's persisted name.
    pub command: String,
    /// Its fields.
    pub fields: Json,
}

impl Letter {
    /// Writes a command.
    ///
    /// # Errors
    /// [`EncodeError`] if it has no JSON form.
    pub fn of<C: Command>(command: &C) -> Result<Self, EncodeError> {
        Ok(Self { command: C::NAME.to_owned(), fields: Json::of(C::form(), command)? })
    }
}

/// When a timer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So long after it was set.
    In(Duration),
    /// At a moment.
    At(Timestamp),
}

impl When {
    /// The moment, for a timer that is set now.
    pub fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::In(time) => now.plus(time),
            Self::At(moment) => moment,
        }
    }
}

impl From<Duration> for When {
    fn from(time: Duration) -> Self {
        Self::In(time)
    }
}

impl From<Timestamp> for When {
    fn from(moment: Timestamp) -> Self {
        Self::At(moment)
    }
}

/// One of the things that a reaction says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A command is sent.
    Send {
        /// Which.
        letter: Letter,
        /// What undoes it, once it has been accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo: Option<Letter>,
    },
    /// What has happened is undone by this.
    Undo(Letter),
    /// A timer is set, in place of any other of its name.
    After {
        /// Its name.
        timer: String,
        /// When it is due.
        when: When,
        /// What is done then.
        then: Vec<Act>,
    },
    /// A timer is called off.
    Cancel(String),
    /// Nothing more is expected: the instance ends once all that it sends is accepted.
    Complete,
    /// It did not work: what is registered is undone.
    Fail(String),
}
