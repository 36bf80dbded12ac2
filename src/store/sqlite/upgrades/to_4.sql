-- Administration of hooks: the state of each hook and of its deliveries. Parked deliveries stay
-- parked.
ALTER TABLE consumer ADD COLUMN kind TEXT NOT NULL DEFAULT 'built-in';
ALTER TABLE consumer ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consumer ADD COLUMN off TEXT;
ALTER TABLE consumer ADD COLUMN missing TEXT;
ALTER TABLE consumer ADD COLUMN replay_until INTEGER;
ALTER TABLE consumer ADD COLUMN resume_at INTEGER;
CREATE TABLE delivery (
    consumer TEXT    NOT NULL REFERENCES consumer (name) ON DELETE CASCADE,
    event_id INTEGER NOT NULL,
    state    TEXT    NOT NULL CONSTRAINT delivery_state CHECK (
                 state = 'retrying' OR state = 'parked' OR state = 'again' OR state = 'delivered'
             ),
    attempts INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    notes    TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    next_at  INTEGER,
    PRIMARY KEY (consumer, event_id)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery (consumer, event_id, state, attempts, reason, notes, at)
    SELECT consumer, event_id, 'parked', attempts, reason, '', parked_at FROM parked;
DROP TABLE parked;
CREATE TABLE webhook (
    name       TEXT    NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    kinds      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_secret (
    webhook    TEXT    NOT NULL REFERENCES webhook (name) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    secret     TEXT    NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (webhook, position)
) STRICT, WITHOUT ROWID;
-- The permission to manage hooks.
INSERT INTO permission (id, updated_at) VALUES ('manage-outgoing-integrations', 1);
INSERT INTO permission_role (permission_id, role_id, position) VALUES ('manage-outgoing-integrations', 'admin', 0);
