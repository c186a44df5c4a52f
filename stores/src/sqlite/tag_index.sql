-- Which events carry a tag, by a number made of its text: what it names is looked at, since two tags
-- may share a number. -1 stands for events whose tags could not be read. Lags behind as the other two.
CREATE TABLE IF NOT EXISTS tag_index (
    tag      INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tag, position)
) WITHOUT ROWID;
