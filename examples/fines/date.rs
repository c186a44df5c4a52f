//! Days as the file writes them.

use factum::Timestamp;
use serde::{Deserialize, Serialize};

/// A day, `2006-07-24`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Date(String);

/// A text that is not a day.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0:?} is not a day such as 2006-07-24")]
pub(crate) struct BadDate(String);

impl TryFrom<String> for Date {
    type Error = BadDate;
    fn try_from(text: String) -> Result<Self, BadDate> {
        let midnight = format!("{text}T00:00:00Z");
        match midnight.parse::<Timestamp>() {
            Ok(_) if text.len() == "2006-07-24".len() => Ok(Self(text)),
            _ => Err(BadDate(text)),
        }
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.0
    }
}
