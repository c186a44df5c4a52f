use std::collections::BTreeMap;
use std::path::PathBuf;

use factum_core::store::{
    Commit, Direction, EventStore, Expected, Metadata, NewEvent, Position, Query, Range, Receipt,
    Recorded, StoreError, StreamWrite,
};
use factum_core::{EventName, Key, StreamName, Tags};
use factum_stores::SqliteStore;
use tempfile::TempDir;

/// A log of its own, in a folder of its own.
pub(crate) struct Log {
    folder: TempDir,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("log.db")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        SqliteStore::open(self.file()).unwrap()
    }

    pub(crate) fn open_read_only(&self) -> SqliteStore {
        SqliteStore::options().read_only().open(self.file()).unwrap()
    }

    /// Opens the file as any SQLite tool would.
    pub(crate) fn tool(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }

    /// Makes the file what format 2 would have left: without buildings and slices of views.
    pub(crate) fn without_slices(&self) {
        let older = "
            CREATE TABLE older (
                name TEXT NOT NULL, version INTEGER NOT NULL, columns TEXT NOT NULL,
                log BLOB, position INTEGER, event BLOB, stamp INTEGER,
                PRIMARY KEY (name, version));
            INSERT INTO older SELECT name, version, columns, log, position, event, stamp
            FROM views JOIN view_slices USING (name, version, build);
            DROP TABLE views; DROP TABLE view_slices;
            ALTER TABLE older RENAME TO views;
            PRAGMA user_version = 2;";
        let tool = self.tool();
        tool.execute_batch(older).unwrap();
        let parked = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'parked@_%' ESCAPE '@'";
        let mut parked = tool.prepare(parked).unwrap();
        let tables = parked.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for table in tables.collect::<Result<Vec<_>, _>>().unwrap() {
            tool.execute_batch(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\""))).unwrap();
        }
    }

    /// Copies the file as a process that is killed right now would leave it.
    pub(crate) fn crashed_copy(&self) -> Self {
        let copy = Self::new();
        for suffix in ["", "-wal"] {
            let with = |path: PathBuf| PathBuf::from(format!("{}{suffix}", path.display()));
            std::fs::copy(with(self.file()), with(copy.file())).unwrap();
        }
        copy
    }
}

pub(crate) fn stream(id: impl std::fmt::Display) -> StreamName {
    StreamName::of("thing", &id.to_string()).unwrap()
}

pub(crate) fn commit_to(stream: StreamName, events: usize) -> Commit {
    let event = NewEvent {
        name: EventName::fixed("thing.happened"),
        version: 1,
        tags: Tags::none(),
        payload: r#"{"what":"it"}"#.into(),
    };
    let write = StreamWrite { stream, expected: Expected::Any, events: vec![event; events] };
    Commit {
        key: Key::now_v7(),
        meta: Metadata::default(),
        writes: vec![write],
        guard: None,
        views: Vec::new(),
    }
}

pub(crate) async fn append(store: &SqliteStore, commit: Commit) -> Receipt {
    store.append(vec![commit]).await.unwrap().remove(0).unwrap()
}

/// Reads all that the query means, page by page.
pub(crate) async fn read(
    store: &SqliteStore,
    query: Query,
    direction: Direction,
    limit: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let (mut range, mut all) = (Range::ALL, Vec::new());
    loop {
        let mut page = store.read(query.clone(), range, direction, limit).await?;
        match direction {
            Direction::Forward => range.after = page.complete_to.position,
            Direction::Backward => {
                let last = page.events.last().map_or(1, |event| event.at.position.number());
                range.through = Some(Position::new(last - 1));
            }
        }
        all.append(&mut page.events);
        if !page.more {
            return Ok(all);
        }
    }
}

/// The events by stream, as (revision, position).
pub(crate) fn by_stream(events: &[Recorded]) -> BTreeMap<StreamName, Vec<(u64, u64)>> {
    let mut streams = BTreeMap::<_, Vec<_>>::new();
    for event in events {
        let place = (event.at.revision, event.at.position.number());
        streams.entry(event.at.stream.clone()).or_default().push(place);
    }
    streams
}

/// The places of one stream's events.
pub(crate) fn places(events: &[Recorded]) -> Vec<(u64, u64)> {
    events.iter().map(|event| (event.at.revision, event.at.position.number())).collect()
}
