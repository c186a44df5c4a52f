//! What an entry says of its whole commit: digest, command and metadata, in binary.

use std::sync::Arc;

use factum_core::Timestamp;
use factum_core::store::{CommandMark, Commit, Headers, Metadata, Stamp};
use uuid::Uuid;

use crate::digest;

/// The place of the content's digest in a stored head, after key and stamp.
pub(super) const STAMPED: usize = 24;
const DIGEST: usize = digest::BYTES;

const CORRELATION: u8 = 1;
const CAUSATION: u8 = 2;
const ACTOR: u8 = 4;
const HEADERS: u8 = 8;

/// The head of a commit: its key, the stamp, its content's digest, the command, the rest.
pub(super) fn write(commit: &Commit, stamp: Stamp) -> Vec<u8> {
    let mut head = Vec::with_capacity(128);
    head.extend(commit.key.as_bytes());
    head.extend(stamp.number().to_be_bytes());
    head.extend(digest::of_events(commit));
    let meta = &commit.meta;
    command(&mut head, meta.command.as_ref());
    head.extend(meta.time.as_micros().to_be_bytes());
    let flag = |there: bool, flag: u8| if there { flag } else { 0 };
    head.push(
        flag(meta.correlation.is_some(), CORRELATION)
            | flag(meta.causation.is_some(), CAUSATION)
            | flag(meta.actor.is_some(), ACTOR)
            | flag(!meta.headers.is_empty(), HEADERS),
    );
    for id in [meta.correlation, meta.causation].into_iter().flatten() {
        head.extend(id.as_bytes());
    }
    if let Some(actor) = &meta.actor {
        text(&mut head, actor);
    }
    for (name, value) in meta.headers.iter() {
        text(&mut head, name);
        text(&mut head, value);
    }
    head
}

/// A length of zero says that there is none; so it is one more than the name's.
fn command(head: &mut Vec<u8>, mark: Option<&CommandMark>) {
    // A name that long is no name; it then counts as a commit without a command.
    let length = mark.and_then(|mark| u16::try_from(mark.name.len() + 1).ok());
    head.extend(length.unwrap_or_default().to_be_bytes());
    if let (Some(mark), Some(_)) = (mark, length) {
        head.extend(mark.name.as_bytes());
        head.extend(mark.digest.to_be_bytes());
    }
}

fn text(head: &mut Vec<u8>, text: &str) {
    head.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    head.extend(text.as_bytes());
}

/// The metadata of a stored head; `None` if it is damaged.
pub(super) fn read(head: &[u8]) -> Option<Metadata> {
    let mut rest = Rest(head.get(STAMPED + DIGEST..)?);
    let command = rest.command()?;
    let time = Timestamp::from_micros(i64::from_be_bytes(rest.array()?));
    let [flags] = rest.array()?;
    let mut id = |flag| (flags & flag != 0).then(|| rest.array().map(Uuid::from_bytes));
    let (correlation, causation) = (turned(id(CORRELATION))?, turned(id(CAUSATION))?);
    let actor = turned((flags & ACTOR != 0).then(|| rest.text().map(Arc::from)))?;
    let mut headers = Vec::new();
    if flags & HEADERS != 0 {
        while !rest.0.is_empty() {
            headers.push((rest.text()?.to_owned(), rest.text()?.to_owned()));
        }
    }
    let headers: Headers = headers.into_iter().collect();
    Some(Metadata { time, correlation, causation, actor, command, headers })
}

/// Tells what is not there from what is damaged.
fn turned<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(u32::from_be_bytes(self.array()?)).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn command(&mut self) -> Option<Option<CommandMark>> {
        let Some(length) = u16::from_be_bytes(self.array()?).checked_sub(1) else {
            return Some(None);
        };
        let name = std::str::from_utf8(self.take(length.into())?).ok()?.into();
        Some(Some(CommandMark { name, digest: u64::from_be_bytes(self.array()?) }))
    }
}

#[cfg(test)]
mod tests {
    use factum_core::Key;

    use super::*;

    fn kept(meta: &Metadata) -> Option<Metadata> {
        let key = Key::from_bytes([1; 16]);
        let commit =
            Commit { key, meta: meta.clone(), writes: Vec::new(), guard: None, views: Vec::new() };
        read(&write(&commit, Stamp::new(1)))
    }

    #[test]
    fn metadata_come_back() {
        let plain = Metadata::default();
        assert_eq!(kept(&plain), Some(plain));
        let full = Metadata {
            time: Timestamp::from_micros(-7),
            correlation: Some(Uuid::from_bytes([1; 16])),
            causation: Some(Uuid::from_bytes([2; 16])),
            actor: Some("".into()),
            command: Some(CommandMark { name: "a.b".into(), digest: u64::MAX - 1 }),
            headers: [("x".to_owned(), "é".to_owned())].into_iter().collect(),
        };
        assert_eq!(kept(&full), Some(full));
    }

    #[test]
    fn a_head_that_is_cut_short_is_damaged() {
        assert_eq!(read(&[0; STAMPED + DIGEST + 9]), None);
        assert_eq!(read(b"short"), None);
    }
}
