//! The file of `--file`.
//!
//! *Invariant.* A commit is one write, and whole or not there: a torn end is cut off when the file
//! is opened. *Shape.* Each commit is a message of `stored.proto`, preceded by its length. There is
//! no fsync: what was acknowledged survives the death of the process, not that of the machine.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use bytes::{Buf, Bytes};
use prost::Message;
use uuid::Uuid;

use crate::model::Record;
use crate::wire::stored;

/// The file, to whose end commits are written.
#[derive(Debug)]
pub(crate) struct CommitFile(File);

impl CommitFile {
    /// Opens or creates the file, and returns with it the commits that it has.
    ///
    /// # Errors
    ///
    /// The error of the file system.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Vec<Vec<Record>>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut contents = Vec::new();
        file.read_to_end(&mut contents)?;
        let mut rest = Bytes::from(contents);
        let mut commits = Vec::new();
        let mut whole = 0;
        let length = rest.len() as u64;
        while let Some(commit) = next_commit(&mut rest) {
            commits.push(commit);
            whole = length - rest.len() as u64;
        }
        file.set_len(whole)?;
        Ok((Self(file), commits))
    }

    /// Writes one commit.
    ///
    /// # Errors
    ///
    /// The error of the file system.
    pub(crate) fn write(&mut self, records: &[Record]) -> io::Result<()> {
        let commit = stored::Commit { records: records.iter().map(to_stored).collect() };
        self.0.write_all(&commit.encode_length_delimited_to_vec())
    }
}

fn next_commit(rest: &mut Bytes) -> Option<Vec<Record>> {
    if !rest.has_remaining() {
        return None;
    }
    let commit = stored::Commit::decode_length_delimited(rest).ok()?;
    commit.records.into_iter().map(from_stored).collect()
}

fn to_stored(record: &Record) -> stored::Record {
    stored::Record {
        position: record.position,
        stream: record.stream.clone(),
        number: record.number,
        id: Bytes::copy_from_slice(record.id.as_bytes()),
        event_type: record.event_type.clone(),
        is_json: record.is_json,
        created: record.created,
        data: record.data.clone(),
        metadata: record.metadata.clone(),
    }
}

fn from_stored(record: stored::Record) -> Option<Record> {
    Some(Record {
        position: record.position,
        stream: record.stream,
        number: record.number,
        id: Uuid::from_slice(&record.id).ok()?,
        event_type: record.event_type,
        is_json: record.is_json,
        created: record.created,
        data: record.data,
        metadata: record.metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Log, Proposed};

    #[test]
    fn a_torn_end_is_cut_off_and_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = Log::new(0);
        let records = log.prepare(vec![("a".to_owned(), Proposed::system("t", "{}"))]);
        let (mut file, none) = CommitFile::open(&path).unwrap();
        assert!(none.is_empty());
        file.write(&records).unwrap();
        file.write(&records).unwrap();
        let length = std::fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();

        let (mut file, commits) = CommitFile::open(&path).unwrap();
        assert_eq!(commits, vec![records.clone()]);
        file.write(&records).unwrap();
        let (_, commits) = CommitFile::open(&path).unwrap();
        assert_eq!(commits, vec![records.clone(), records]);
    }
}
