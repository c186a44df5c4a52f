use std::fmt::Write as _;

use factum_core::store::{Commit, Expected, Past, Position, Refused, Stamp};
use factum_core::{Key, Tag};

use super::head;
use super::keys::Keys;
use super::pack::Pack;

/// The most that one part has: so many commits, and about so many bytes.
const COMMITS: usize = 64;
const BYTES: usize = 256 * 1024;

/// How expectations are written where they are not a revision.
const ANY: i8 = -1;
const NO_STREAM: i8 = -2;
const EXISTS: i8 = -3;
/// That a commit is on top of none that failed.
const NONE: i8 = -1;

/// What is known of a guard before the script looks: up to where nothing matches, or what does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Searched {
    pub(super) through: Position,
    pub(super) found: Option<Position>,
}

/// Some commits of a run that go to the server together: of a long run, a part, so that no round
/// blocks the server for long. They are packed as the append script reads them (`scripts/round.lua`).
#[derive(Debug)]
pub(super) struct Part<'a> {
    keys: &'a Keys,
    commits: Pack,
    count: usize,
    /// The keys of the run's earlier commits, for guards.
    earlier: Vec<Key>,
    base: usize,
    stamp: Stamp,
}

impl<'a> Part<'a> {
    /// A part that begins at this place of its run. It is sent once, so that its stamp is of that one
    /// time.
    pub(super) fn at(keys: &'a Keys, base: usize, earlier: Vec<Key>, stamp: Stamp) -> Self {
        Self { keys, commits: Pack::default(), count: 0, earlier, base, stamp }
    }

    /// Whether no other commit should be added.
    pub(super) fn is_full(&self) -> bool {
        self.count >= COMMITS || self.commits.len() >= BYTES
    }

    /// Adds a commit that is refused whatever the log has: only what depends on it is judged.
    pub(super) fn push_bad(&mut self, commit: &Commit) {
        let pack = &mut self.commits;
        pack.nothing();
        pack.number(commit.writes.len() as u64);
        for write in &commit.writes {
            pack.text(&[&self.keys.prefix, "s:", &write.stream]);
        }
        self.count += 1;
    }

    /// Adds a commit. `past` is what became of the run's earlier parts.
    pub(super) fn push(&mut self, commit: &Commit, past: &Past, searched: Searched) {
        let (pack, prefix) = (&mut self.commits, self.keys.prefix.as_str());
        pack.bytes(commit.key.as_bytes());
        pack.text(&[&self.keys.bucket(commit.key)]);
        pack.bytes(&head::write(commit, self.stamp));
        pack.text(&[&directory(commit)]);
        pack.text(&[&lines(commit)]);
        let events = || commit.writes.iter().flat_map(|write| &write.events);
        pack.joined(events().map(|event| event.payload.as_ref()));
        match past.check(commit) {
            Err(Refused::Predecessor { index }) => pack.number(index as u64),
            _ => pack.sign(NONE),
        }
        match &commit.guard {
            Some(guard) => {
                pack.guard(&guard.query, guard.after.max(searched.through), searched.found);
            }
            None => pack.nothing(),
        }
        let tags = tags(commit);
        pack.number(tags.len() as u64);
        pack.number(commit.writes.len() as u64);
        tags.iter().for_each(|tag| pack.text(&[prefix, "t:", tag.as_str()]));
        for write in &commit.writes {
            pack.text(&[prefix, "s:", &write.stream]);
            match write.expected {
                Expected::Any => pack.sign(ANY),
                Expected::NoStream => pack.sign(NO_STREAM),
                Expected::Exists => pack.sign(EXISTS),
                Expected::Revision(revision) => pack.number(revision),
            }
            pack.number(write.events.len() as u64);
        }
        self.count += 1;
    }

    /// What goes to the server.
    pub(super) fn packed(self) -> Packed {
        let mut begin = Pack::default();
        begin.number((3 + self.earlier.len() + self.commits.items()) as u64);
        begin.number(self.base as u64);
        begin.number(self.earlier.len() as u64);
        self.earlier.iter().for_each(|key| begin.bytes(key.as_bytes()));
        begin.number(self.count as u64);
        Packed { run: [begin, self.commits], commits: self.count }
    }
}

/// A part, as it is sent.
#[derive(Debug)]
pub(super) struct Packed {
    /// How the run begins, and its commits.
    pub(super) run: [Pack; 2],
    /// How many commits it has.
    pub(super) commits: usize,
}

impl Packed {
    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.run.iter().map(Pack::len).sum()
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
fn directory(commit: &Commit) -> String {
    let mut directory = String::with_capacity(64);
    for write in &commit.writes {
        // Writing to a string does not fail.
        let _ = write!(directory, "{}\n{}\n", write.stream, write.events.len());
    }
    directory
}

/// A line for each event: name, version, length of the payload, tags. Names have no tabs or newlines.
fn lines(commit: &Commit) -> String {
    let mut lines = String::with_capacity(64);
    for event in commit.writes.iter().flat_map(|write| &write.events) {
        let _ = write!(lines, "{}\t{}\t{}", event.name, event.version, event.payload.len());
        for tag in event.tags.as_slice() {
            lines.push('\t');
            lines.push_str(tag.as_str());
        }
        lines.push('\n');
    }
    lines
}
