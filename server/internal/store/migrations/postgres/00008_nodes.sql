-- +goose Up
-- What steps have changed, for nodes that were not told. One process that has
-- the database for itself writes nothing here.
CREATE TABLE wakes (
    at    BIGINT NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (at, topic)
);

-- Which node does what only one may do at a time.
CREATE TABLE leases (
    name     TEXT COLLATE "C" PRIMARY KEY,
    holder   TEXT COLLATE "C" NOT NULL,
    until_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE leases;
DROP TABLE wakes;
