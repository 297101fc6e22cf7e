-- +goose Up
-- What steps have changed, for nodes that were not told. One process that has
-- the database for itself writes nothing here.
CREATE TABLE wakes (
    at    INTEGER NOT NULL,
    topic TEXT NOT NULL,
    PRIMARY KEY (at, topic)
) WITHOUT ROWID;

-- Which node does what only one may do at a time.
CREATE TABLE leases (
    name     TEXT PRIMARY KEY,
    holder   TEXT NOT NULL,
    until_at INTEGER NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE leases;
DROP TABLE wakes;
