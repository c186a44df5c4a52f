use factum_core::store::{Commit, Expected, Past, Position, Refused};
use factum_core::{Key, Tag};

use super::head;
use super::pack::Pack;

/// The most that one part has: so many commits, and about so many bytes.
const COMMITS: usize = 64;
const BYTES: usize = 256 * 1024;

/// How expectations are written where they are not a revision.
const ANY: i64 = -1;
const NO_STREAM: i64 = -2;
const EXISTS: i64 = -3;

/// What is known of a guard before the script looks: up to where nothing matches, or what does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Searched {
    pub(super) through: Position,
    pub(super) found: Option<Position>,
}

/// Some commits of a run that go to the server together: of a long run, a part, so that no round
/// blocks the server for long.
#[derive(Debug, Default)]
pub(super) struct Part {
    commits: Pack,
    /// How many commits it has.
    pub(super) count: usize,
    /// The script's arguments: four for each commit that is not bad.
    pub(super) args: Vec<Vec<u8>>,
    /// The keys of the run's earlier commits, for guards.
    earlier: Vec<Key>,
    base: usize,
}

impl Part {
    /// A part that begins at this place of its run.
    pub(super) fn at(base: usize, earlier: Vec<Key>) -> Self {
        Self { base, earlier, ..Self::default() }
    }

    /// Whether no other commit should be added.
    pub(super) fn is_full(&self) -> bool {
        self.count >= COMMITS || self.bytes() >= BYTES
    }

    /// How many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        self.commits.len() + self.args.iter().map(Vec::len).sum::<usize>()
    }

    /// Adds a commit that is refused whatever the log has: only what depends on it is judged.
    pub(super) fn push_bad(&mut self, commit: &Commit) {
        let pack = &mut self.commits;
        pack.array(2);
        pack.nothing();
        pack.array(commit.writes.len());
        for write in &commit.writes {
            pack.array(1);
            pack.bytes(write.stream.as_bytes());
        }
        self.count += 1;
    }

    /// Adds a commit. `past` is what became of the run's earlier parts.
    pub(super) fn push(&mut self, commit: &Commit, past: &Past, searched: Searched) {
        let pack = &mut self.commits;
        pack.array(5);
        pack.bytes(commit.key.as_bytes());
        pack.array(commit.writes.len());
        for write in &commit.writes {
            pack.array(3);
            pack.bytes(write.stream.as_bytes());
            match write.expected {
                Expected::Any => pack.number(ANY),
                Expected::NoStream => pack.number(NO_STREAM),
                Expected::Exists => pack.number(EXISTS),
                Expected::Revision(revision) => pack.position(revision),
            }
            pack.position(write.events.len() as u64);
        }
        let tags = tags(commit);
        pack.array(tags.len());
        tags.iter().for_each(|tag| pack.bytes(tag.as_str().as_bytes()));
        match &commit.guard {
            Some(guard) => {
                pack.guard(&guard.query, guard.after.max(searched.through), searched.found);
            }
            None => pack.nothing(),
        }
        match past.check(commit) {
            Err(Refused::Predecessor { index }) => pack.position(index as u64),
            _ => pack.number(-1),
        }
        self.args.extend([head::write(commit), directory(commit), lines(commit), payloads(commit)]);
        self.count += 1;
    }

    /// The run as the script reads it.
    pub(super) fn pack_into(&self, runs: &mut Pack) {
        runs.array(3);
        runs.position(self.base as u64);
        runs.array(self.earlier.len());
        self.earlier.iter().for_each(|key| runs.bytes(key.as_bytes()));
        runs.array(self.count);
        runs.append(&self.commits);
    }
}

/// The tags of all its events, each once.
fn tags(commit: &Commit) -> Vec<&Tag> {
    let events = commit.writes.iter().flat_map(|write| &write.events);
    let mut tags: Vec<&Tag> = events.flat_map(|event| event.tags.as_slice()).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// Its streams, each with its number of events.
fn directory(commit: &Commit) -> Vec<u8> {
    let writes = commit.writes.iter();
    let lines = writes.map(|write| format!("{}\n{}\n", write.stream, write.events.len()));
    lines.collect::<String>().into_bytes()
}

/// A line for each event: name, version, length of the payload, tags. Names have no tabs or newlines.
fn lines(commit: &Commit) -> Vec<u8> {
    let mut lines = String::with_capacity(64);
    for event in commit.writes.iter().flat_map(|write| &write.events) {
        lines.push_str(&event.name);
        for number in [event.version as usize, event.payload.len()] {
            lines.push('\t');
            lines.push_str(&number.to_string());
        }
        for tag in event.tags.as_slice() {
            lines.push('\t');
            lines.push_str(tag.as_str());
        }
        lines.push('\n');
    }
    lines.into_bytes()
}

fn payloads(commit: &Commit) -> Vec<u8> {
    let events = commit.writes.iter().flat_map(|write| &write.events);
    events.fold(Vec::new(), |mut all, event| {
        all.extend_from_slice(&event.payload);
        all
    })
}
