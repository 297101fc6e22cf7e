-- +goose Up
ALTER TABLE users ADD COLUMN asks INTEGER NOT NULL DEFAULT 0; -- browsers may ask the person's Ham apps
ALTER TABLE users ADD COLUMN known_since BIGINT NOT NULL DEFAULT -62135596800000000; -- browsers that knew them before know them no more

-- What the person left out when it was asked last.
ALTER TABLE grants ADD COLUMN declined TEXT NOT NULL DEFAULT '[]';

-- By which an app names a person when it sends their browser (login_hint).
ALTER TABLE grants ADD COLUMN open_id TEXT NOT NULL DEFAULT '';
CREATE INDEX grants_open_id ON grants (open_id) WHERE open_id <> '';

-- Requests that browsers have sent to a person's Ham apps. They outlive their
-- pairings, because they are counted.
CREATE TABLE asks (
    pairing_id TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source     TEXT NOT NULL, -- network address that asked, as limits know it
    hinted     INTEGER NOT NULL, -- an app named the person, and not a browser in which they were signed in
    at         BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX asks_user ON asks (user_id, at);
CREATE INDEX asks_at ON asks (at);

-- Sources that a person does not want to hear from.
CREATE TABLE silenced (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (user_id, source)
) WITHOUT ROWID;
CREATE INDEX silenced_at ON silenced (at);

-- +goose Down
DROP TABLE silenced;
DROP TABLE asks;
DROP INDEX grants_open_id;
ALTER TABLE grants DROP COLUMN open_id;
ALTER TABLE grants DROP COLUMN declined;
ALTER TABLE users DROP COLUMN known_since;
ALTER TABLE users DROP COLUMN asks;
