-- The views that have rows here, each building in a table of its own. `live` is the building of a
-- version that queries see.
CREATE TABLE views (
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    build   INTEGER NOT NULL,
    columns TEXT NOT NULL,
    slices  INTEGER NOT NULL,
    live    INTEGER NOT NULL,
    PRIMARY KEY (name, version, build)
);

-- How far each slice of a view has come, and who works on it: `epoch` counts the owners, `until` is in
-- milliseconds since 1970.
CREATE TABLE view_slices (
    name     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    build    INTEGER NOT NULL,
    slice    INTEGER NOT NULL,
    epoch    INTEGER NOT NULL DEFAULT 0,
    owner    TEXT,
    until    INTEGER,
    log      BLOB,
    position INTEGER,
    event    BLOB,
    stamp    INTEGER,
    PRIMARY KEY (name, version, build, slice)
) WITHOUT ROWID;
