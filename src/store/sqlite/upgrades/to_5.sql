-- Logins can be listed and ended individually. Earlier logins have neither address nor client on
-- record.
ALTER TABLE login ADD COLUMN last_used_at INTEGER;
ALTER TABLE login ADD COLUMN address TEXT;
ALTER TABLE login ADD COLUMN client TEXT;
-- The audit trail starts empty.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- Never used twice, even after every record was deleted.
    at          INTEGER NOT NULL,
    action      TEXT    NOT NULL,
    class       INTEGER NOT NULL,
    author      TEXT    NOT NULL,
    author_id   TEXT,
    author_name TEXT,
    target      TEXT,
    target_id   TEXT,
    target_name TEXT,
    address     TEXT,
    detail      TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_class ON audit (class);
-- The id of this database, and a number that rises with every checkpoint.
CREATE TABLE generation (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    database TEXT    NOT NULL,
    number   TEXT    NOT NULL
) STRICT;
INSERT INTO generation VALUES (1, lower(hex(randomblob(16))), printf('%016x', 1));
-- When failed logins were last reset.
ALTER TABLE user ADD COLUMN unblocked_at INTEGER;
-- The permissions to manage the logins of all users.
INSERT OR IGNORE INTO permission (id, updated_at) VALUES ('view-device-management', 1), ('logout-device-management', 1);
INSERT OR IGNORE INTO permission_role (permission_id, role_id, position) VALUES
    ('view-device-management', 'admin', 0),
    ('logout-device-management', 'admin', 0);

-- Distinguishes a consumer from an earlier, deleted one of the same name.
ALTER TABLE consumer ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 0;
-- Removes leftovers of earlier versions: retries ended by a second replay, and hooks of webhooks
-- that were removed immediately.
DELETE FROM delivery WHERE state = 'retrying' AND event_id <= (SELECT cursor FROM consumer WHERE name = delivery.consumer);
DELETE FROM consumer WHERE kind = 'webhook' AND NOT EXISTS (SELECT 1 FROM webhook WHERE 'webhook-' || webhook.name = consumer.name);
