//! What a stream's metadata says about which of its events can be read.

use serde_json::{Map, Value};

/// `$tb` of a stream that was deleted softly.
pub const DELETED: i64 = i64::MAX;

/// The stream that has the metadata of `stream`.
#[must_use]
pub fn metastream_of(stream: &str) -> String {
    format!("$${stream}")
}

/// The stream whose metadata `stream` has, if it is a metadata stream.
#[must_use]
pub fn original_of(stream: &str) -> Option<&str> {
    stream.strip_prefix("$$")
}

/// Which of a stream's events can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Truncation {
    /// Events below this number cannot: `$tb`.
    pub before: Option<i64>,
    /// Only so many at the end can: `$maxCount`.
    pub max_count: Option<i64>,
    /// Only those written in the last so many seconds can: `$maxAge`.
    pub max_age: Option<i64>,
}

impl Truncation {
    /// A metadata stream keeps one event.
    pub const OF_METASTREAM: Self = Self { before: None, max_count: Some(1), max_age: None };

    /// What `data`, the metadata in JSON, says; metadata that cannot be read says nothing, for they
    /// are not looked at when they are written.
    #[must_use]
    pub fn parse(data: &[u8]) -> Self {
        let read = object(data);
        let number = |key| read.get(key).and_then(Value::as_i64);
        Self { before: number("$tb"), max_count: number("$maxCount"), max_age: number("$maxAge") }
    }

    /// Whether the stream was deleted softly.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.before == Some(DELETED)
    }

    /// The first number that can be read of a stream whose last is `last`, its events' age aside.
    #[must_use]
    pub fn first_visible(&self, last: i64) -> i64 {
        let by_count = self.max_count.map_or(0, |count| last.saturating_sub(count - 1));
        self.before.unwrap_or(0).max(by_count).max(0)
    }
}

/// The metadata in `data` with `$tb` set to `before`, and all else as it was.
#[must_use]
pub fn with_truncate_before(data: &[u8], before: i64) -> Vec<u8> {
    let mut metadata = object(data);
    metadata.insert("$tb".to_owned(), before.into());
    Value::Object(metadata).to_string().into_bytes()
}

fn object(data: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_limit_says_which_event_is_first() {
        let metadata = Truncation::parse(br#"{"$tb":3,"$maxCount":4,"other":"kept"}"#);
        assert_eq!(metadata.first_visible(5), 3);
        assert_eq!(metadata.first_visible(9), 6);
    }

    #[test]
    fn metadata_that_are_no_object_say_nothing() {
        assert_eq!(Truncation::parse(b"[1]"), Truncation::default());
        assert_eq!(Truncation::parse(b""), Truncation::default());
    }

    #[test]
    fn undeleting_keeps_the_other_keys() {
        let before = with_truncate_before(br#"{"$tb":9223372036854775807,"owner":"x"}"#, 7);
        let read: Value = serde_json::from_slice(&before).unwrap();
        assert_eq!(read, serde_json::json!({"$tb": 7, "owner": "x"}));
    }
}
