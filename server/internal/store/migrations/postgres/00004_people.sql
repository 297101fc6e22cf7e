-- +goose Up
-- A moment that has not come yet is stored as the year 1, like everywhere.
ALTER TABLE users ADD COLUMN language TEXT COLLATE "C" NOT NULL DEFAULT ''; -- empty: as the browser asks
ALTER TABLE users ADD COLUMN leaves_at BIGINT NOT NULL DEFAULT -62135596800000000; -- when a deactivated account is deleted
CREATE INDEX users_leaving ON users (leaves_at) WHERE leaves_at > 0;

ALTER TABLE devices ADD COLUMN used_at BIGINT NOT NULL DEFAULT -62135596800000000;

-- The browser that asked for a link, with which it ends; null for an operator's.
ALTER TABLE enrolments ADD COLUMN session_id TEXT COLLATE "C" REFERENCES sessions (id) ON DELETE CASCADE;
CREATE INDEX enrolments_session ON enrolments (session_id);

ALTER TABLE passkeys ADD COLUMN used_where TEXT COLLATE "C" NOT NULL DEFAULT ''; -- browser and address of the latest login

ALTER TABLE grants ADD COLUMN used_at BIGINT NOT NULL DEFAULT -62135596800000000; -- the latest code
UPDATE grants SET used_at = given_at;

-- Pictures that people uploaded. The id is in the picture's public address.
CREATE TABLE avatars (
    user_id TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    id      TEXT COLLATE "C" NOT NULL UNIQUE,
    png     BYTEA NOT NULL
);

CREATE TABLE recovery_codes (
    code_hash BYTEA PRIMARY KEY,
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

-- Links by which a Ham app lets a browser add a passkey.
CREATE TABLE passkey_links (
    code_hash  BYTEA PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_id  TEXT COLLATE "C" NOT NULL REFERENCES devices (id) ON DELETE CASCADE, -- the one that made it
    expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_links_user ON passkey_links (user_id);
CREATE INDEX passkey_links_device ON passkey_links (device_id);
CREATE INDEX passkey_links_expiry ON passkey_links (expires_at);

CREATE TABLE activity (
    id      TEXT COLLATE "C" PRIMARY KEY, -- the same thing within a minute has the same
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at      BIGINT NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    method  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL, -- id of the client, device, passkey or session
    name    TEXT COLLATE "C" NOT NULL, -- of it, as it was then
    browser TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    times   BIGINT NOT NULL,
    notice  BIGINT NOT NULL -- must be seen
);
CREATE INDEX activity_user ON activity (user_id, at);
CREATE INDEX activity_at ON activity (at);
CREATE INDEX activity_notice ON activity (user_id, at) WHERE notice = 1;

-- Where a notice has been seen: on a Ham app, or ('') on the account page.
CREATE TABLE notices_seen (
    activity_id TEXT COLLATE "C" NOT NULL REFERENCES activity (id) ON DELETE CASCADE,
    viewer      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (activity_id, viewer)
);

-- +goose Down
DROP TABLE notices_seen;
DROP TABLE activity;
DROP TABLE passkey_links;
DROP TABLE recovery_codes;
DROP TABLE avatars;
ALTER TABLE grants DROP COLUMN used_at;
ALTER TABLE passkeys DROP COLUMN used_where;
DROP INDEX enrolments_session;
ALTER TABLE enrolments DROP COLUMN session_id;
ALTER TABLE devices DROP COLUMN used_at;
DROP INDEX users_leaving;
ALTER TABLE users DROP COLUMN leaves_at;
ALTER TABLE users DROP COLUMN language;
