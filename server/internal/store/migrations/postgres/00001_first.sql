-- +goose Up
-- Times are integer microseconds since 1970, UTC. Bearer secrets are SHA-256
-- hashes. Lists are JSON arrays of strings.

CREATE TABLE server_keys (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE settings (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE users (
    id         TEXT COLLATE "C" PRIMARY KEY,
    nickname   TEXT COLLATE "C" NOT NULL,
    avatar_url TEXT COLLATE "C" NOT NULL,
    is_student BIGINT NOT NULL,
    disabled   BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE clients (
    id              TEXT COLLATE "C" PRIMARY KEY,
    secret_hash     BYTEA NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    redirect_uris   TEXT COLLATE "C" NOT NULL,
    scopes          TEXT COLLATE "C" NOT NULL,
    icon_url        TEXT COLLATE "C" NOT NULL,
    homepage        TEXT COLLATE "C" NOT NULL,
    userinfo_auth   TEXT COLLATE "C" NOT NULL,
    redirect_errors BIGINT NOT NULL,
    require_pkce    BIGINT NOT NULL,
    disabled        BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE TABLE devices (
    id         TEXT COLLATE "C" PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT COLLATE "C" NOT NULL,
    thumbprint TEXT COLLATE "C" NOT NULL UNIQUE, -- RFC 7638, of the device's public key
    created_at BIGINT NOT NULL
);
CREATE INDEX devices_user ON devices (user_id);

CREATE TABLE enrolments (
    code_hash  BYTEA PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);
CREATE INDEX enrolments_user ON enrolments (user_id);
CREATE INDEX enrolments_expiry ON enrolments (expires_at);

-- Ids of DPoP proofs that were seen, until the proofs themselves are too old.
CREATE TABLE proofs (
    id_hash    BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX proofs_expiry ON proofs (expires_at);

CREATE TABLE pairings (
    id           TEXT COLLATE "C" PRIMARY KEY,
    version      BIGINT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    browser_hash BYTEA NOT NULL,
    request      TEXT COLLATE "C" NOT NULL, -- JSON, frozen at the beginning
    browser      TEXT COLLATE "C" NOT NULL, -- JSON, frozen at the beginning
    claim        TEXT COLLATE "C" NOT NULL, -- JSON
    granted      TEXT COLLATE "C" NOT NULL,
    begun_at     BIGINT NOT NULL,
    deadline_at  BIGINT NOT NULL
);
CREATE INDEX pairings_deadline ON pairings (deadline_at);

CREATE TABLE codes (
    hash           BYTEA PRIMARY KEY,
    client_id      TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id        TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    redirect_uri   TEXT COLLATE "C" NOT NULL,
    scopes         TEXT COLLATE "C" NOT NULL,
    code_challenge TEXT COLLATE "C" NOT NULL,
    expires_at     BIGINT NOT NULL,
    spent          BIGINT NOT NULL
);
CREATE INDEX codes_client ON codes (client_id);
CREATE INDEX codes_user ON codes (user_id);
CREATE INDEX codes_expiry ON codes (expires_at);

CREATE TABLE tokens (
    hash       BYTEA PRIMARY KEY,
    code_hash  BYTEA NOT NULL,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes     TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
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
