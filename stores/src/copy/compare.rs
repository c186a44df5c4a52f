use std::fmt;

use factum_core::store::{Position, Recorded};
use factum_core::{EventName, Key, StreamName};

use super::CopyError;

/// Where an event stands in one of the two logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its position in that log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its revision.
    pub revision: u64,
    /// Its name.
    pub name: EventName,
    /// The key of its commit.
    pub key: Key,
    /// Its place in its commit, from 0.
    pub index: u32,
}

/// The first place where the target is not the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What the source has there; `None`: it has ended.
    pub source: Option<Place>,
    /// What the target has there; `None`: it has ended.
    pub target: Option<Place>,
    /// In what the two differ.
    pub what: Differing,
}

/// In what two events differ: the first of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Differing {
    /// One log has an event and the other has ended.
    Missing,
    /// They are not the same event: another key, or place in the commit.
    Event,
    /// The stream.
    Stream,
    /// The revision.
    Revision,
    /// The name.
    Name,
    /// The version.
    Version,
    /// The tags.
    Tags,
    /// The payload.
    Payload,
    /// The metadata.
    Metadata,
}

/// Checks that the two logs have the same event at one place.
pub(super) fn compare(
    source: Option<&Recorded>,
    target: Option<&Recorded>,
) -> Result<(), CopyError> {
    let what = match (source, target) {
        (None, None) => None,
        (Some(source), Some(target)) => differing(source, target),
        _ => Some(Differing::Missing),
    };
    what.map_or(Ok(()), |what| {
        let (source, target) = (source.map(Place::of), target.map(Place::of));
        Err(CopyError::Differs(Box::new(Difference { source, target, what })))
    })
}

fn differing(a: &Recorded, b: &Recorded) -> Option<Differing> {
    let same = [
        ((a.at.key, a.at.index) == (b.at.key, b.at.index), Differing::Event),
        (a.at.stream == b.at.stream, Differing::Stream),
        (a.at.revision == b.at.revision, Differing::Revision),
        (a.name == b.name, Differing::Name),
        (a.version == b.version, Differing::Version),
        (a.at.tags == b.at.tags, Differing::Tags),
        (a.payload == b.payload, Differing::Payload),
        (a.at.meta == b.at.meta, Differing::Metadata),
    ];
    same.into_iter().find_map(|(same, what)| (!same).then_some(what))
}

impl Place {
    pub(super) fn of(event: &Recorded) -> Self {
        let at = &event.at;
        Self {
            position: at.position,
            stream: at.stream.clone(),
            revision: at.revision,
            name: event.name.clone(),
            key: at.key,
            index: at.index,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, stream, revision, name, key, index } = self;
        write!(
            f,
            "{name} at {position}, revision {revision} of stream {stream}, event {index} of commit \
             {key}"
        )
    }
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "one of them is missing",
            Self::Event => "they are not the same event",
            Self::Stream => "their streams differ",
            Self::Revision => "their revisions differ",
            Self::Name => "their names differ",
            Self::Version => "their versions differ",
            Self::Tags => "their tags differ",
            Self::Payload => "their payloads differ",
            Self::Metadata => "their metadata differ",
        })
    }
}

impl std::error::Error for Difference {}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |f: &mut fmt::Formatter<'_>, name, place: &Option<Place>| match place {
            Some(place) => write!(f, "the {name} has {place}"),
            None => write!(f, "the {name} has ended"),
        };
        f.write_str("the target is not a copy of the source: ")?;
        side(f, "source", &self.source)?;
        f.write_str(", ")?;
        side(f, "target", &self.target)?;
        let what = self.what;
        write!(f, ": {what}; copy into an empty store, to which nothing else writes")
    }
}
