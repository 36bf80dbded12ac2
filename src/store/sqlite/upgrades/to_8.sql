-- When claims were made. Earlier claims have no such time.
ALTER TABLE claim ADD COLUMN set_at INTEGER;
-- Users appear on a public board only if they choose to.
ALTER TABLE user ADD COLUMN public_board INTEGER NOT NULL DEFAULT 0 CHECK (public_board IN (0, 1));
ALTER TABLE user ADD COLUMN pin_hash TEXT;
-- Pictures, invitations and displays.
CREATE TABLE avatar (
    user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    etag       TEXT    NOT NULL,
    picture    BLOB    NOT NULL,
    type       TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE invitation (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL CONSTRAINT invitation_kind CHECK (kind = 'invitation' OR kind = 'reset'),
    token_hash TEXT    NOT NULL CONSTRAINT invitation_token UNIQUE,
    created_by TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_user ON invitation (user_id);
CREATE TABLE display (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL CONSTRAINT display_name UNIQUE,
    key_hash     TEXT    NOT NULL CONSTRAINT display_key UNIQUE,
    sort_by      TEXT    NOT NULL CHECK (sort_by = 'name' OR sort_by = 'status'),
    theme        TEXT    NOT NULL CHECK (theme = 'auto' OR theme = 'light' OR theme = 'dark'),
    time_zone    TEXT,
    dim_from     TEXT,
    dim_to       TEXT,
    keep_awake   INTEGER NOT NULL CHECK (keep_awake IN (0, 1)),
    interactive  INTEGER NOT NULL CHECK (interactive IN (0, 1)),
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER
) STRICT, WITHOUT ROWID;
