-- +goose Up
ALTER TABLE users ADD COLUMN asks BIGINT NOT NULL DEFAULT 0; -- browsers may ask the person's Ham apps
ALTER TABLE users ADD COLUMN known_since BIGINT NOT NULL DEFAULT -62135596800000000; -- browsers that knew them before know them no more

-- What the person left out when it was asked last.
ALTER TABLE grants ADD COLUMN declined TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- By which an app names a person when it sends their browser (login_hint).
ALTER TABLE grants ADD COLUMN open_id TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX grants_open_id ON grants (open_id) WHERE open_id <> '';

-- Requests that browsers have sent to a person's Ham apps. They outlive their
-- pairings, because they are counted.
CREATE TABLE asks (
    pairing_id TEXT COLLATE "C" PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source     TEXT COLLATE "C" NOT NULL, -- network address that asked, as limits know it
    hinted     BIGINT NOT NULL, -- an app named the person, and not a browser in which they were signed in
    at         BIGINT NOT NULL
);
CREATE INDEX asks_user ON asks (user_id, at);
CREATE INDEX asks_at ON asks (at);

-- Sources that a person does not want to hear from.
CREATE TABLE silenced (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source  TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (user_id, source)
);
CREATE INDEX silenced_at ON silenced (at);

-- +goose Down
DROP TABLE silenced;
DROP TABLE asks;
DROP INDEX grants_open_id;
ALTER TABLE grants DROP COLUMN open_id;
ALTER TABLE grants DROP COLUMN declined;
ALTER TABLE users DROP COLUMN known_since;
ALTER TABLE users DROP COLUMN asks;
