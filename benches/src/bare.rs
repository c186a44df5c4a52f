//! The limit that a log on this disk has: a bare append-only file.
//!
//! One thread takes what waits, frames each record with its length and CRC, writes all of it at once
//! into a file that was filled with zeros before, syncs, and answers. Nothing is checked or indexed.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;
use factum::{Key, Timestamp};
use tokio::sync::{mpsc, oneshot};

use crate::Result;

/// The file's size. What does not fit any more goes to its beginning again.
const SIZE: u64 = 256 * 1024 * 1024;
/// As many records as the store takes into one transaction.
const GROUP: usize = 8192;
/// As many requests wait as for the store's writer.
const QUEUE: usize = 1024;

/// What is kept of an event, in bytes the same as in the embedded store.
#[derive(Debug)]
pub struct Record {
    /// The number of its stream.
    pub stream: u32,
    /// Its revision.
    pub revision: u64,
    /// The key of its commit.
    pub key: Key,
    /// When it was decided.
    pub time: Timestamp,
    /// The digest of its command.
    pub digest: u64,
    /// Its fields.
    pub payload: Bytes,
}

type Request = (Record, oneshot::Sender<u64>);

/// A handle of the file. The writer ends with the last one.
#[derive(Clone, Debug)]
pub struct BareFile(mpsc::Sender<Request>);

impl BareFile {
    /// Makes the file and starts its writer.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let mut file = File::create_new(path)?;
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..SIZE / (1024 * 1024) {
            file.write_all(&zeros)?;
        }
        file.sync_all()?;
        let (sender, requests) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("bare".to_owned())
            .spawn(move || write(&file, requests))?;
        Ok(Self(sender))
    }

    /// Appends a record; its offset once it is durable.
    ///
    /// # Errors
    /// If the writer has failed.
    pub async fn append(&self, record: Record) -> Result<u64> {
        let (reply, answer) = oneshot::channel();
        self.0.send((record, reply)).await?;
        Ok(answer.await?)
    }
}

fn write(file: &File, mut requests: mpsc::Receiver<Request>) -> Option<()> {
    let (mut offset, mut buffer, mut answers) = (0, Vec::new(), Vec::new());
    loop {
        let mut next = Some(requests.blocking_recv()?);
        while let Some((record, reply)) = next {
            answers.push((reply, offset + buffer.len() as u64));
            frame(&record, &mut buffer);
            next = if answers.len() < GROUP { requests.try_recv().ok() } else { None };
        }
        // Where this fails, those who wait get no answer, which ends the benchmark.
        file.write_all_at(&buffer, offset).ok()?;
        file.sync_data().ok()?;
        offset += buffer.len() as u64;
        if offset > SIZE - 16 * 1024 * 1024 {
            offset = 0;
        }
        buffer.clear();
        for (reply, at) in answers.drain(..) {
            // Whoever asked may be gone.
            let _ = reply.send(at);
        }
    }
}

fn frame(record: &Record, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 8]);
    buffer.extend_from_slice(&record.stream.to_le_bytes());
    buffer.extend_from_slice(&record.revision.to_le_bytes());
    // The numbers of the event's name, its version and its command's name.
    buffer.extend_from_slice(&[0, 0, 1, 0, 1, 0]);
    buffer.extend_from_slice(record.key.as_bytes());
    buffer.extend_from_slice(&record.time.as_micros().to_le_bytes());
    buffer.extend_from_slice(&record.digest.to_le_bytes());
    buffer.extend_from_slice(&record.payload);
    let (head, body) = buffer.split_at_mut(start + 8);
    let crc = crc32fast::hash(body).to_le_bytes();
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(head) = head.get_mut(start..) {
        head.copy_from_slice(&[length, crc].concat());
    }
}
