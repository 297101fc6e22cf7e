-- +goose Up
CREATE TABLE passkeys (
    id              TEXT PRIMARY KEY, -- base64url, as browsers write it
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_key      BLOB NOT NULL, -- COSE_Key
    aaguid          TEXT NOT NULL,
    sign_count      BIGINT NOT NULL,
    backup_eligible INTEGER NOT NULL,
    backed_up       INTEGER NOT NULL,
    transports      TEXT NOT NULL,
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    suspicious_at   BIGINT NOT NULL
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- WebAuthn ceremonies under way.
CREATE TABLE ceremonies (
    id         TEXT PRIMARY KEY,
    state      TEXT NOT NULL, -- JSON
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);

-- +goose Down
DROP TABLE ceremonies;
DROP TABLE passkeys;
