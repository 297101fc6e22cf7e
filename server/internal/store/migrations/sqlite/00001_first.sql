-- +goose Up
-- Times are integer microseconds since 1970, UTC. Bearer secrets are SHA-256
-- hashes. Lists are JSON arrays of strings.

CREATE TABLE server_keys (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    nickname   TEXT NOT NULL,
    avatar_url TEXT NOT NULL,
    is_student INTEGER NOT NULL,
    disabled   INTEGER NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE clients (
    id              TEXT PRIMARY KEY,
    secret_hash     BLOB NOT NULL,
    name            TEXT NOT NULL,
    redirect_uris   TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    icon_url        TEXT NOT NULL,
    homepage        TEXT NOT NULL,
    userinfo_auth   TEXT NOT NULL,
    redirect_errors INTEGER NOT NULL,
    require_pkce    INTEGER NOT NULL,
    disabled        INTEGER NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE TABLE devices (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    thumbprint TEXT NOT NULL UNIQUE, -- RFC 7638, of the device's public key
    created_at BIGINT NOT NULL
);
CREATE INDEX devices_user ON devices (user_id);

CREATE TABLE enrolments (
    code_hash  BLOB PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX enrolments_user ON enrolments (user_id);
CREATE INDEX enrolments_expiry ON enrolments (expires_at);

-- Ids of DPoP proofs that were seen, until the proofs themselves are too old.
CREATE TABLE proofs (
    id_hash    BLOB PRIMARY KEY,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX proofs_expiry ON proofs (expires_at);

CREATE TABLE pairings (
    id           TEXT PRIMARY KEY,
    version      BIGINT NOT NULL,
    state        TEXT NOT NULL,
    browser_hash BLOB NOT NULL,
    request      TEXT NOT NULL, -- JSON, frozen at the beginning
    browser      TEXT NOT NULL, -- JSON, frozen at the beginning
    claim        TEXT NOT NULL, -- JSON
    granted      TEXT NOT NULL,
    begun_at     BIGINT NOT NULL,
    deadline_at  BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX pairings_deadline ON pairings (deadline_at);

CREATE TABLE codes (
    hash           BLOB PRIMARY KEY,
    client_id      TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    redirect_uri   TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    expires_at     BIGINT NOT NULL,
    spent          INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX codes_client ON codes (client_id);
CREATE INDEX codes_user ON codes (user_id);
CREATE INDEX codes_expiry ON codes (expires_at);

CREATE TABLE tokens (
    hash       BLOB PRIMARY KEY,
    code_hash  BLOB NOT NULL,
    client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes     TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX tokens_code ON tokens (code_hash);
CREATE INDEX tokens_client ON tokens (client_id);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expiry ON tokens (expires_at);

-- +goose Down
DROP TABLE tokens;
DROP TABLE codes;
DROP TABLE pairings;
DROP TABLE proofs;
DROP TABLE enrolments;
DROP TABLE devices;
DROP TABLE clients;
DROP TABLE users;
DROP TABLE settings;
DROP TABLE server_keys;
