-- +goose Up
ALTER TABLE clients ADD COLUMN dialect TEXT COLLATE "C" NOT NULL DEFAULT 'ham';
ALTER TABLE clients ADD COLUMN implicit BIGINT NOT NULL DEFAULT 0; -- response_type=token
ALTER TABLE clients ADD COLUMN password BIGINT NOT NULL DEFAULT 0; -- grant_type=password
ALTER TABLE clients ADD COLUMN query_token BIGINT NOT NULL DEFAULT 0; -- ?access_token=

ALTER TABLE users ADD COLUMN email TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN username TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE UNIQUE INDEX users_email ON users (lower(email)) WHERE email <> '';
CREATE UNIQUE INDEX users_username ON users (username) WHERE username <> '';

-- Names that people gave up stay theirs: an app that knows somebody by a name
-- must not be shown somebody else under it.
CREATE TABLE former_usernames (
    name    TEXT COLLATE "C" PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX former_usernames_user ON former_usernames (user_id);

-- argon2id, in PHC's string format. Who has no row has no password.
CREATE TABLE passwords (
    user_id TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash    TEXT COLLATE "C" NOT NULL
);

-- Wrong passwords lately, by a hash of the account that was named, whether there
-- is one or not, and by address.
CREATE TABLE password_tries (
    key_hash   BYTEA PRIMARY KEY,
    next_at    BIGINT NOT NULL, -- before it nothing is tried
    expires_at BIGINT NOT NULL  -- when the last of them is forgotten
);
CREATE INDEX password_tries_expiry ON password_tries (expires_at);

-- All refresh tokens that follow one another are a family; of it one is not
-- spent. Spent ones are kept for a while, to know them if they come again.
CREATE TABLE refreshes (
    hash       BYTEA PRIMARY KEY,
    family     TEXT COLLATE "C" NOT NULL,
    code_hash  BYTEA NOT NULL,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes     TEXT COLLATE "C" NOT NULL,
    method     TEXT COLLATE "C" NOT NULL, -- how the person agreed
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT NOT NULL,
    sealed     BYTEA -- the answer to its use, under a key made of it
);
CREATE INDEX refreshes_family ON refreshes (family, spent_at);
CREATE INDEX refreshes_code ON refreshes (code_hash);
CREATE INDEX refreshes_client ON refreshes (client_id);
CREATE INDEX refreshes_user ON refreshes (user_id);
CREATE INDEX refreshes_expiry ON refreshes (expires_at);

ALTER TABLE tokens ADD COLUMN family TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX tokens_family ON tokens (family) WHERE family <> '';

-- What people have made for themselves by name and password. The id is that of
-- a family of refresh tokens.
CREATE TABLE authorizations (
    id         TEXT COLLATE "C" PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes     TEXT COLLATE "C" NOT NULL,
    note       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX authorizations_user ON authorizations (user_id, created_at);
CREATE INDEX authorizations_client ON authorizations (client_id);

-- Scopes that the operator has defined for OpenMaster's dialect, and what
-- people are told about them.
CREATE TABLE scopes (
    name    TEXT COLLATE "C" PRIMARY KEY,
    text_en TEXT COLLATE "C" NOT NULL,
    text_zh TEXT COLLATE "C" NOT NULL,
    text_ja TEXT COLLATE "C" NOT NULL
);

-- +goose Down
DROP TABLE scopes;
DROP TABLE authorizations;
DROP INDEX tokens_family;
ALTER TABLE tokens DROP COLUMN family;
DROP TABLE refreshes;
DROP TABLE password_tries;
DROP TABLE passwords;
DROP TABLE former_usernames;
DROP INDEX users_username;
DROP INDEX users_email;
ALTER TABLE users DROP COLUMN username;
ALTER TABLE users DROP COLUMN email;
ALTER TABLE clients DROP COLUMN query_token;
ALTER TABLE clients DROP COLUMN password;
ALTER TABLE clients DROP COLUMN implicit;
ALTER TABLE clients DROP COLUMN dialect;
