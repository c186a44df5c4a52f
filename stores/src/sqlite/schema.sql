-- Every event, in the order of the log. `key` and `idx` are the commit's key and the event's place in
-- it; the metadata of a commit stands on each of its events. Absent metadata is NULL, one byte. The
-- payload has no declared type: with any, even ANY, SQLite may turn text that looks like a number into
-- one.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    name        INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    key         BLOB NOT NULL,
    idx         INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    correlation BLOB,
    causation   BLOB,
    actor       TEXT,
    command     INTEGER,
    digest      INTEGER,
    headers     TEXT,
    tags        TEXT,
    payload     NOT NULL
);
CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
-- The names of events and of commands.
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- Two indexes that lag behind, as `tag_index` does: they hold the events up to `meta.indexed_to` and are completed in
-- sorted batches. What comes after is found by looking through `events` from there.
CREATE TABLE stream_index (
    stream   INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (stream, revision)
) WITHOUT ROWID;
CREATE TABLE key_index (key BLOB PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;

-- A number drawn each time that the log was opened for writing, and the first event written then.
CREATE TABLE stamps (first INTEGER PRIMARY KEY, stamp INTEGER NOT NULL);

CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) WITHOUT ROWID;

CREATE TABLE snapshots (
    stream   TEXT NOT NULL,
    shape    INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    log      BLOB NOT NULL,
    position INTEGER NOT NULL,
    event    BLOB,
    stamp    INTEGER NOT NULL,
    state    BLOB NOT NULL,
    PRIMARY KEY (stream, shape)
);

-- For people.
CREATE VIEW log AS
SELECT
    position,
    (SELECT name FROM streams WHERE id = stream) AS stream,
    revision,
    (SELECT name FROM names WHERE id = events.name) AS event,
    version,
    strftime('%Y-%m-%dT%H:%M:%f', time / 1000000.0, 'unixepoch') || 'Z' AS time,
    actor,
    (SELECT name FROM names WHERE id = command) AS command,
    hex(key) AS key,
    idx,
    tags,
    headers,
    payload
FROM events;
