-- +goose Up
ALTER TABLE pairings ADD COLUMN kind TEXT NOT NULL DEFAULT 'authorize';

CREATE TABLE sessions (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method           TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    begun_at         BIGINT NOT NULL,
    seen_at          BIGINT NOT NULL,
    browser          TEXT NOT NULL,
    address          TEXT NOT NULL,
    secret_hash      BLOB NOT NULL,
    refresh_hash     BLOB NOT NULL,
    ends_at          BIGINT NOT NULL,
    spent_hash       BLOB NOT NULL, -- the refresh secret that was used last
    spent_at         BIGINT NOT NULL,
    sealed           BLOB -- the answer to it, under a key made of it
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_end ON sessions (ends_at);

-- +goose Down
DROP TABLE sessions;
ALTER TABLE pairings DROP COLUMN kind;
