//! What the metadata of an event say, as JSON that people can read in the server's own tools.

use std::collections::BTreeMap;

use factum_core::store::{CommandMark, Metadata};
use factum_core::{Key, Tags, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The metadata of an event of ours. The server indexes the first two by projections of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Meta {
    #[serde(rename = "$correlationId")]
    correlation: Uuid,
    #[serde(rename = "$causationId", default, skip_serializing_if = "Option::is_none")]
    causation: Option<Uuid>,
    pub(crate) factum: Own,
}

/// What factum says about an event.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Own {
    /// The version of the payload's form.
    pub(crate) version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    /// The key of its commit.
    pub(crate) key: Key,
    /// Its place in its commit, and how many events that has.
    pub(crate) index: u32,
    pub(crate) of: u32,
    /// The stamp of its append, and the digest of its commit's events, which the last of them has.
    pub(crate) stamp: Hex<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<Hex<u128>>,
    /// Microseconds since the Unix epoch: the server's own time is cut to seconds by some clients.
    time: i64,
    /// The commit says which correlation it belongs to: else it is its key.
    #[serde(default, skip_serializing_if = "is_false")]
    correlated: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<Command>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
}

impl Own {
    /// Whether the commit can have an event at that place, and only its last one has the digest.
    pub(crate) fn has_place(&self) -> bool {
        match &self.digest {
            Some(_) => self.index.checked_add(1) == Some(self.of),
            None => self.index < self.of,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Command {
    name: String,
    digest: Hex<u64>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Where an event stands in its commit, and what it has of that.
pub(crate) struct Place {
    pub(crate) key: Key,
    pub(crate) index: u32,
    pub(crate) of: u32,
    pub(crate) stamp: u64,
    pub(crate) digest: Option<u128>,
}

impl Meta {
    pub(crate) fn new(meta: &Metadata, version: u32, tags: &Tags, place: Place) -> Self {
        let command = meta.command.as_ref();
        let headers = meta.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            correlation: meta.correlation.unwrap_or(place.key.uuid()),
            causation: meta.causation,
            factum: Own {
                version,
                tags: tags.as_slice().iter().map(ToString::to_string).collect(),
                key: place.key,
                index: place.index,
                of: place.of,
                stamp: Hex(place.stamp),
                digest: place.digest.map(Hex),
                time: meta.time.as_micros(),
                correlated: meta.correlation.is_some(),
                actor: meta.actor.as_deref().map(str::to_owned),
                command: command
                    .map(|mark| Command { name: mark.name.to_string(), digest: Hex(mark.digest) }),
                headers: headers.collect(),
            },
        }
    }

    /// What the commit says beside its events.
    pub(crate) fn into_metadata(self) -> Metadata {
        let Own { time, correlated, actor, command, headers, .. } = self.factum;
        Metadata {
            time: Timestamp::from_micros(time),
            correlation: correlated.then_some(self.correlation),
            causation: self.causation,
            actor: actor.map(Into::into),
            command: command.map(Command::into_mark),
            headers: headers.into_iter().collect(),
        }
    }

    /// Which command led to the commit.
    pub(crate) fn into_command(self) -> Option<CommandMark> {
        self.factum.command.map(Command::into_mark)
    }
}

impl Command {
    fn into_mark(self) -> CommandMark {
        CommandMark { name: self.name.into(), digest: self.digest.0 }
    }
}

/// A number as hexadecimal digits: the programs that show JSON round large numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hex<T>(pub(crate) T);

impl<T: std::fmt::LowerHex> Serialize for Hex<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:x}", self.0))
    }
}

impl<'de, T: TryFrom<u128>> Deserialize<'de> for Hex<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let number = u128::from_str_radix(&text, 16).map_err(serde::de::Error::custom)?;
        let small = T::try_from(number);
        small.map(Self).map_err(|_| serde::de::Error::custom("a number is too large"))
    }
}
