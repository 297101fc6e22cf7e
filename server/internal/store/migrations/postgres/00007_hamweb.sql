-- +goose Up
-- What people make for programs that act for them.
CREATE TABLE api_tokens (
    id           TEXT COLLATE "C" PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    hash         BYTEA NOT NULL UNIQUE,
    last4        TEXT COLLATE "C" NOT NULL,
    scopes       TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL -- to within a minute; 0 before the first use
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);
CREATE INDEX api_tokens_expiry ON api_tokens (expires_at);

-- How the person of a code was signed in, and by which Ham app or passkey: a
-- session that a code begins ends with it too.
ALTER TABLE codes ADD COLUMN opener_method TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE codes ADD COLUMN opener TEXT COLLATE "C" NOT NULL DEFAULT '';
-- The session that it began, which its second use ends.
ALTER TABLE codes ADD COLUMN session_id TEXT COLLATE "C" NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE codes DROP COLUMN session_id;
ALTER TABLE codes DROP COLUMN opener;
ALTER TABLE codes DROP COLUMN opener_method;
DROP TABLE api_tokens;
