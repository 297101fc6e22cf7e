-- +goose Up
CREATE TABLE passkeys (
    id              TEXT COLLATE "C" PRIMARY KEY, -- base64url, as browsers write it
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    public_key      BYTEA NOT NULL, -- COSE_Key
    aaguid          TEXT COLLATE "C" NOT NULL,
    sign_count      BIGINT NOT NULL,
    backup_eligible BIGINT NOT NULL,
    backed_up       BIGINT NOT NULL,
    transports      TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    suspicious_at   BIGINT NOT NULL
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- WebAuthn ceremonies under way.
CREATE TABLE ceremonies (
    id         TEXT COLLATE "C" PRIMARY KEY,
    state      TEXT COLLATE "C" NOT NULL, -- JSON
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);

-- +goose Down
DROP TABLE ceremonies;
DROP TABLE passkeys;
