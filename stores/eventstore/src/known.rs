//! What is known of a stream without asking.

use std::collections::VecDeque;

use factum_core::store::{
    CommandMark, Commit, LogId, Mark, Position, Receipt, Stamp, StoreError, Written,
};
use factum_core::{Key, StreamName};
use factum_stores::backend::digest_of_events;

use crate::entry;
use crate::link::{Raw, ReadFrom};
use crate::names;
use crate::shared::Shared;

/// How many events are read at once where the newest are all of others.
const LOOKED_BACK: usize = 1024;

/// A commit that stands in a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    key: Key,
    first: u64,
    last: u64,
    position: Position,
    stamp: Stamp,
    command: Option<CommandMark>,
    digest: u128,
}

impl Stored {
    /// One that has just been appended.
    pub(crate) fn new(commit: &Commit, first: u64, last: u64, place: (u64, Stamp)) -> Self {
        let (position, stamp) = (Position::new(place.0), place.1);
        let command = commit.meta.command.clone();
        let digest = u128::from_be_bytes(digest_of_events(commit));
        Self { key: commit.key, first, last, position, stamp, command, digest }
    }

    /// What the last event of a commit tells of it; `None` if this is another event.
    fn of(raw: &Raw) -> Option<Self> {
        let own = entry::own(raw)?.ok()?;
        let digest = own.digest()?;
        let (key, of) = (own.key(), u64::from(own.of()));
        let Mark { position, stamp, .. } = own.mark(raw, LogId::from_bytes([0; 16]));
        let (last, first) = (raw.revision, (raw.revision + 1).saturating_sub(of));
        Some(Self { key, first, last, position, stamp, command: own.into_command(), digest })
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// Whether a commit under its key came of the same command, or has the same events where either does
    /// not tell.
    pub(crate) fn is_same(&self, commit: &Commit) -> bool {
        match (&self.command, &commit.meta.command) {
            (Some(known), Some(wanted)) => wanted.same_as(known),
            _ => self.digest == u128::from_be_bytes(digest_of_events(commit)),
        }
    }

    pub(crate) fn receipt(&self, log: LogId, stream: &StreamName, repeated: bool) -> Receipt {
        let Self { key, first, last, position, stamp, .. } = *self;
        let index = u32::try_from(last - first).unwrap_or(u32::MAX);
        let mark = Mark { log, position, event: Some(key.event(index)), stamp };
        let writes = vec![Written { stream: stream.clone(), first, last }];
        Receipt { key, mark, writes, repeated, views: Vec::new() }
    }
}

/// What is known of a stream: where it ends, and the keys of the commits among its newest events.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known {
    /// The revision of its newest event, whoever wrote it.
    pub(crate) newest: Option<u64>,
    /// The revision of its newest event of ours. What others wrote is nothing to readers, so that nobody
    /// can expect it.
    pub(crate) own: Option<u64>,
    /// The keys, and where the commit of each ends.
    keys: VecDeque<(Key, u64)>,
    /// The commits, of a stream that was just read: of another they would be believed by nobody.
    commits: VecDeque<Stored>,
}

impl Known {
    /// Reads what the newest events of a stream tell, and where they are all of others, which of ours is
    /// the newest.
    pub(crate) async fn load(shared: &Shared, stream: &StreamName) -> Result<Self, StoreError> {
        let stream = names::on_server(stream);
        let (mut known, mut from, mut keys) = (Self::default(), ReadFrom::End, shared.keys());
        loop {
            let count = if keys > 0 { keys } else { LOOKED_BACK };
            let events = shared.link.read_stream(&stream, from, count).await?;
            known.look_back(&events, keys);
            keys = keys.saturating_sub(events.len());
            let is_over = !events.more || (keys == 0 && known.own.is_some());
            match events.last().and_then(|oldest| oldest.revision.checked_sub(1)) {
                Some(next) if !is_over => from = ReadFrom::Backward(next),
                _ => return Ok(known),
            }
        }
    }

    /// Adds what older events tell, the newest of them first. Keys are known of so many.
    fn look_back(&mut self, events: &[Raw], keys: usize) {
        self.newest = self.newest.or(events.first().map(|event| event.revision));
        let own = events.iter().find(|event| entry::own(event).is_some());
        self.own = self.own.or(own.map(|event| event.revision));
        for commit in events.iter().take(keys).filter_map(Stored::of) {
            self.keys.push_front((commit.key, commit.last));
            self.commits.push_front(commit);
        }
    }

    /// The same of a stream that was said to end at this revision. All of its events may be hidden, as
    /// they are too old or too many, and still it goes on behind them.
    pub(crate) fn ending_at(self, said: Option<u64>) -> Self {
        Self { newest: self.newest.or(said), ..self }
    }

    /// How many keys are known.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn knows(&self, key: Key) -> bool {
        self.keys.iter().any(|(known, _)| *known == key)
    }

    /// The commit with this key, if the stream was just read.
    pub(crate) fn find(&self, key: Key) -> Option<&Stored> {
        self.commits.iter().rev().find(|commit| commit.key == key)
    }

    /// What is worth remembering of it.
    pub(crate) fn remembered(self) -> Self {
        Self { commits: VecDeque::new(), ..self }
    }

    /// Adds what was appended, and forgets what is no longer among so many newest events.
    pub(crate) fn add(&mut self, commit: &Stored, keys: u32) {
        (self.newest, self.own) = (Some(commit.last), Some(commit.last));
        let oldest = (commit.last + 1).saturating_sub(keys.into());
        self.keys.push_back((commit.key, commit.last));
        while self.keys.front().is_some_and(|(_, last)| *last < oldest) {
            self.keys.pop_front();
        }
    }
}
