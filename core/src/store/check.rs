use super::{Commit, StreamWrite};
use crate::names::BadName;
use crate::{EventName, StreamName};

/// How large a commit may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one event's payload.
    pub event_bytes: usize,
    /// The most events of one commit.
    pub commit_events: usize,
    /// The most bytes of one commit: of all payloads and tags, and of the actor and the headers, which
    /// a store keeps with each event.
    pub commit_bytes: usize,
}

impl Default for Limits {
    /// 1 MiB an event, 10,000 events and 16 MiB a commit.
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self { event_bytes: MIB, commit_events: 10_000, commit_bytes: 16 * MIB }
    }
}

/// A commit that no store takes, whatever the log holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadCommit {
    /// It has no events.
    #[error("the commit has no events: append at least one, or nothing at all")]
    Empty,
    /// A write of it has no events.
    #[error("the write to stream {stream} has no events: leave it out")]
    EmptyWrite {
        /// To which stream.
        stream: StreamName,
    },
    /// Two writes go to one stream.
    #[error("the commit writes twice to stream {stream}: put its events into one write")]
    RepeatedStream {
        /// Which.
        stream: StreamName,
    },
    /// An event's name is not one.
    #[error("stream {stream}, event {index} of the commit: {problem}")]
    Name {
        /// To which stream it was to go.
        stream: StreamName,
        /// Its place in the commit, from 0.
        index: usize,
        /// What is wrong.
        problem: BadName,
    },
    /// An event's version is zero.
    #[error("stream {stream}, event {index} of the commit, {name}: versions count from 1")]
    Version {
        /// To which stream it was to go.
        stream: StreamName,
        /// Its place in the commit, from 0.
        index: usize,
        /// Its name.
        name: EventName,
    },
    /// An event is too large.
    #[error(
        "stream {stream}, event {index} of the commit, {name}: {bytes} bytes of payload, the limit \
         is {limit}; keep large content elsewhere, or raise the store's limit"
    )]
    TooLarge {
        /// To which stream it was to go.
        stream: StreamName,
        /// Its place in the commit, from 0.
        index: usize,
        /// Its name.
        name: EventName,
        /// How large its payload is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// All events of the commit together are too large.
    #[error(
        "the events of the commit have {bytes} bytes with their tags, actor and headers, the limit is \
         {limit}: split the decision, or keep large content elsewhere"
    )]
    TooLargeTogether {
        /// How large they are.
        bytes: usize,
        /// How large they may be.
        limit: usize,
    },
    /// The commit has too many events.
    #[error("the commit has {events} events, the limit is {limit}: split the decision")]
    TooMany {
        /// How many it has.
        events: usize,
        /// How many it may have.
        limit: usize,
    },
}

/// What every store checks of a commit before it looks at the log.
///
/// # Errors
/// [`BadCommit`], the first problem found.
pub fn check_commit(commit: &Commit, limits: &Limits) -> Result<(), BadCommit> {
    let events: usize = commit.writes.iter().map(|write| write.events.len()).sum();
    if events == 0 {
        return Err(BadCommit::Empty);
    }
    if events > limits.commit_events {
        return Err(BadCommit::TooMany { events, limit: limits.commit_events });
    }
    let mut first = 0;
    for (at, write) in commit.writes.iter().enumerate() {
        if commit.writes.iter().take(at).any(|earlier| earlier.stream == write.stream) {
            return Err(BadCommit::RepeatedStream { stream: write.stream.clone() });
        }
        check_write(write, first, limits)?;
        first += write.events.len();
    }
    let bytes = bytes_of(commit, events);
    if bytes > limits.commit_bytes {
        return Err(BadCommit::TooLargeTogether { bytes, limit: limits.commit_bytes });
    }
    Ok(())
}

/// What the commit takes in a store that keeps the metadata with each of its events.
fn bytes_of(commit: &Commit, events: usize) -> usize {
    let meta = &commit.meta;
    let headers: usize = meta.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let shared = meta.actor.as_deref().map_or(0, str::len) + headers;
    let own = commit.writes.iter().flat_map(|write| &write.events).map(|event| {
        let tags: usize = event.tags.as_slice().iter().map(|tag| tag.as_str().len()).sum();
        event.payload.len() + tags
    });
    own.fold(shared.saturating_mul(events), usize::saturating_add)
}

fn check_write(write: &StreamWrite, first: usize, limits: &Limits) -> Result<(), BadCommit> {
    let stream = || write.stream.clone();
    if write.events.is_empty() {
        return Err(BadCommit::EmptyWrite { stream: stream() });
    }
    for (index, event) in (first..).zip(&write.events) {
        if let Err(problem) = event.name.check() {
            return Err(BadCommit::Name { stream: stream(), index, problem });
        }
        if event.version == 0 {
            return Err(BadCommit::Version { stream: stream(), index, name: event.name.clone() });
        }
        let bytes = event.payload.len();
        if bytes > limits.event_bytes {
            let (name, limit) = (event.name.clone(), limits.event_bytes);
            return Err(BadCommit::TooLarge { stream: stream(), index, name, bytes, limit });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Expected, Headers, Metadata, NewEvent};
    use crate::{Key, Tag, Tags};

    const LIMITS: Limits = Limits { event_bytes: 10, commit_events: 10, commit_bytes: 100 };

    /// A commit of two events of 10 bytes each.
    fn commit(tag: &str, meta: Metadata) -> Commit {
        let tags: Tags = [Tag::parse(tag).unwrap()].into_iter().collect();
        let name = EventName::fixed("thing.happened");
        let event = NewEvent { name, version: 1, tags, payload: "1234567890".into() };
        let stream = StreamName::of("thing", "one").unwrap();
        let events = vec![event; 2];
        let writes = vec![StreamWrite { stream, expected: Expected::Any, events }];
        Commit { key: Key::from_bytes([1; 16]), meta, writes, guard: None, views: Vec::new() }
    }

    fn bytes(commit: &Commit) -> Option<usize> {
        match check_commit(commit, &LIMITS) {
            Ok(()) => None,
            Err(BadCommit::TooLargeTogether { bytes, limit: 100 }) => Some(bytes),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn whatever_is_stored_with_each_event_counts() {
        assert_eq!(bytes(&commit("a:b", Metadata::default())), None);
        let tag = format!("a:{}", "b".repeat(40));
        assert_eq!(bytes(&commit(&tag, Metadata::default())), Some(2 * (10 + 42)));
        let actor = Metadata { actor: Some("x".repeat(40).into()), ..Metadata::default() };
        assert_eq!(bytes(&commit("a:b", actor)), Some(2 * (10 + 3 + 40)));
        let headers: Headers = [("name".to_owned(), "v".repeat(36))].into_iter().collect();
        let headers = Metadata { headers, ..Metadata::default() };
        assert_eq!(bytes(&commit("a:b", headers)), Some(2 * (10 + 3 + 40)));
    }
}
