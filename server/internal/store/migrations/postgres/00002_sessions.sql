-- +goose Up
ALTER TABLE pairings ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'authorize';

CREATE TABLE sessions (
    id               TEXT COLLATE "C" PRIMARY KEY,
    user_id          TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method           TEXT COLLATE "C" NOT NULL,
    opener           TEXT COLLATE "C" NOT NULL, -- the device or passkey that signed it in
    authenticated_at BIGINT NOT NULL,
    begun_at         BIGINT NOT NULL,
    seen_at          BIGINT NOT NULL,
    browser          TEXT COLLATE "C" NOT NULL,
    address          TEXT COLLATE "C" NOT NULL,
    secret_hash      BYTEA NOT NULL,
    refresh_hash     BYTEA NOT NULL,
    ends_at          BIGINT NOT NULL,
    spent_hash       BYTEA NOT NULL, -- the refresh secret that was used last
    spent_at         BIGINT NOT NULL,
    sealed           BYTEA -- the answer to it, under a key made of it
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (ends_at);

CREATE TABLE grants (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scopes    TEXT COLLATE "C" NOT NULL,
    shown     TEXT COLLATE "C" NOT NULL, -- what the app looked like
    given_at  BIGINT NOT NULL,
    begun_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX grants_client ON grants (client_id);

-- A consent page that waits for its answer, for one browser session.
CREATE TABLE consents (
    nonce_hash BYTEA PRIMARY KEY,
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    query      TEXT COLLATE "C" NOT NULL, -- of the authorization request
    shown      TEXT COLLATE "C" NOT NULL, -- what the app looked like
    allowed    BIGINT, -- null until it is answered
    expires_at BIGINT NOT NULL
);
CREATE INDEX consents_session ON consents (session_id);
CREATE INDEX consents_expiry ON consents (expires_at);

-- +goose Down
DROP TABLE consents;
DROP TABLE grants;
DROP TABLE sessions;
ALTER TABLE pairings DROP COLUMN kind;
