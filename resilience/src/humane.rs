//! Durations in configuration: `30s`, `1m 30s`, `250ms`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub(crate) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_duration(*duration))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = |why| D::Error::custom(format!("{text} is no duration: {why}; write `30s`, say"));
    humantime::parse_duration(&text).map_err(wrong)
}
