-- The database schema, created by the first start. A file of version 2, 3, 4, 5 or 6 is upgraded when
-- it is opened, by the scripts in src/store/sqlite/upgrades. Version 1, from before the first release,
-- is rejected.
--
-- Times are milliseconds since the Unix epoch, UTC. The server generates all ids except event.id
-- and audit.id, which SQLite assigns. A column ending in _key holds its neighbour without regard to
-- case, for search and uniqueness. The server computes it, because case rules must not depend on a
-- database's collation.

-- Identifies the file as doorsign's: "door" in ASCII.
PRAGMA application_id = 0x646f6f72;
PRAGMA user_version = 7;

-- Custom statuses. The ids ascend with time, so a new row lands on the last page of the tree.
-- WITHOUT ROWID keeps the row in that one tree.
CREATE TABLE custom_user_status (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL,
    status_type TEXT    NOT NULL CONSTRAINT custom_user_status_type CHECK (
                    status_type = 'online' OR status_type = 'away' OR status_type = 'busy' OR status_type = 'offline' OR status_type = ''
                ), -- Not IN (...): SQLite would build a table for its list with every insert.
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Decides which of two concurrent creations gets a name. BINARY, because "Lunch" and "lunch" are
-- two names.
CREATE UNIQUE INDEX custom_user_status_name ON custom_user_status (name);

-- The number of custom statuses: one row, updated with every insert and delete by
-- src/store/sql/custom_status.rs. count(*) would scan the whole table for every page of the
-- list, and a trigger would make SQLite keep a journal for every insert.
CREATE TABLE custom_user_status_total (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    total INTEGER NOT NULL CHECK (total >= 0)
) STRICT;
INSERT INTO custom_user_status_total VALUES (1, 0);

-- Users. password_hash is a PHC string of Argon2id over the password's SHA-256, because
-- Rocket.Chat's clients may send the digest instead of the password. "user" needs no quotes: SQLite
-- does not reserve it.
CREATE TABLE user (
    id            TEXT    NOT NULL PRIMARY KEY,
    username      TEXT    NOT NULL,
    username_key  TEXT    NOT NULL CONSTRAINT user_username UNIQUE,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL,
    email         TEXT,
    email_key     TEXT    CONSTRAINT user_email UNIQUE,
    password_hash TEXT    NOT NULL,
    active        INTEGER NOT NULL CHECK (active IN (0, 1)),
    email_verified          INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    bio                     TEXT,
    nickname                TEXT,
    require_password_change INTEGER NOT NULL CHECK (require_password_change IN (0, 1)),
    utc_offset              INTEGER NOT NULL, -- Minutes ahead of UTC.
    last_login_at           INTEGER,          -- With a password.
    preferences             TEXT,             -- A JSON object, updated by merging. Only the API interprets it.
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    presence_policy TEXT NOT NULL DEFAULT 'connection' CONSTRAINT user_presence_policy CHECK (
        presence_policy = 'connection' OR presence_policy = 'heartbeat' OR presence_policy = 'always'
    ), -- What makes the user count as connected. Here and with a default, as in an upgraded file.
    unblocked_at INTEGER, -- When failed logins were last reset. Earlier ones no longer block.
    presence_disabled      INTEGER NOT NULL DEFAULT 0 CHECK (presence_disabled IN (0, 1)), -- By an administrator.
    status_denied          TEXT, -- The ids of the users that the user hides from, as a JSON array. NULL if empty.
    status_denied_by_admin TEXT  -- The same, by an administrator.
) STRICT, WITHOUT ROWID;

-- The few users who have rules of status visibility.
CREATE INDEX user_status_visibility ON user (id)
    WHERE presence_disabled = 1 OR status_denied IS NOT NULL OR status_denied_by_admin IS NOT NULL;

-- The part of a user's presence other than claims. No row: the user never set a status and never
-- changed the policy. rest is the status shown without claim and connection ('online before': the
-- user chose online, and another status since). changed_at is the time of the last change,
-- including claims.
CREATE TABLE presence (
    user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    rest       TEXT    NOT NULL CHECK (rest = 'online' OR rest = 'offline' OR rest = 'online before'),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_changed ON presence (changed_at);

-- Claims on a user's status. The strongest source is effective (internal, manual, external, in this
-- order), except that a manual 'offline' comes first; the others wait. expires_at NULL: until it is ended. An expired row has no effect, even
-- before it is deleted.
CREATE TABLE claim (
    user_id    TEXT    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    source     TEXT    NOT NULL CHECK (source = 'internal' OR source = 'manual' OR source = 'external'),
    status     TEXT    NOT NULL CHECK (status = 'online' OR status = 'away' OR status = 'busy' OR status = 'offline'),
    text       TEXT    NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (user_id, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_expires ON claim (expires_at) WHERE expires_at IS NOT NULL;

-- Roles, held by users and granted permissions. protected roles are built in and cannot be changed
-- or removed. updated_at: 1 for built-in ones, newer than the epoch, because clients without data ask
-- for everything newer than that.
CREATE TABLE role (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    scope       TEXT    NOT NULL CHECK (scope IN ('Users', 'Subscriptions')),
    protected   INTEGER NOT NULL CHECK (protected IN (0, 1)),
    updated_at  INTEGER NOT NULL DEFAULT 1 -- Last and with a default, as in an upgraded file.
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX role_name ON role (name);

-- The custom roles that were removed last, for clients that were not connected.
CREATE TABLE removed_role (
    id         TEXT    NOT NULL PRIMARY KEY,
    removed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The roles of each user.
CREATE TABLE user_role (
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES role (id),
    PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_role_role ON user_role (role_id);

-- Permissions. Clients read all of them; the server only checks those in src/domain/permission.rs.
CREATE TABLE permission (
    id         TEXT    NOT NULL PRIMARY KEY,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The roles that grant each permission. position keeps the order in which the roles were set, which
-- clients get back.
CREATE TABLE permission_role (
    permission_id TEXT    NOT NULL REFERENCES permission (id) ON DELETE CASCADE,
    role_id       TEXT    NOT NULL REFERENCES role (id),
    position      INTEGER NOT NULL,
    PRIMARY KEY (permission_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX permission_role_role ON permission_role (role_id);

-- Logins. A token is valid only while its login's row exists. name: set for personal access tokens
-- only, unique per user. token_tail: the end of the token, so that its owner can recognize it.
-- expires_at NULL: until revoked.
CREATE TABLE login (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name       TEXT,
    token_tail TEXT,
    bypass_two_factor INTEGER NOT NULL CHECK (bypass_two_factor IN (0, 1)),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER, -- Accurate to a few minutes. NULL: not used since its creation.
    address    TEXT,      -- The client's address at login.
    client     TEXT,      -- The User-Agent at login, shortened.
    CONSTRAINT login_name UNIQUE (user_id, name)
) STRICT, WITHOUT ROWID;

-- Settings that differ from their defaults. value is the value as text: true, 42, Office. Its type
-- is defined in src/domain/setting.rs.
CREATE TABLE setting (
    id         TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events, appended in the transaction of their change. id is the position: with a single writer,
-- ids ascend in commit order, so a reader that has seen n has seen all before n. The newest row is
-- never deleted, so no id is used twice. payload is JSON, defined in src/store/record/event.
CREATE TABLE event (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Consumers of events, with the last event (inclusive) that each is done with. A missing consumer
-- keeps its row and position.
--
-- off: why it is disabled. missing: why it is missing: broken or removed. NULL: neither.
--
-- generation: rises when the position is changed by anyone but the consumer, so that its pending
-- writes are rejected. incarnation: random, also the first generation; distinguishes a consumer
-- from an earlier, deleted one of the same name.
--
-- During a replay, replay_until is its last event, and resume_at the position to continue from
-- afterwards.
CREATE TABLE consumer (
    name         TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL DEFAULT 'built-in',
    cursor       INTEGER NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 0,
    off          TEXT,
    missing      TEXT,
    replay_until INTEGER,
    resume_at    INTEGER,
    incarnation  INTEGER NOT NULL DEFAULT 0 -- Last and with a default, as in an upgraded file.
) STRICT, WITHOUT ROWID;

-- Delivery records, for deliveries that failed, were given up, or left notes. Most deliveries only
-- move the cursor. next_at: the time of the next attempt.
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

-- Webhooks: HTTP endpoints that receive events, through the hook 'webhook-' and their name. kinds:
-- the event types, separated by spaces; '' means all.
CREATE TABLE webhook (
    name       TEXT    NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    kinds      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The signing secrets of webhooks. Stored in plain text, because signing needs the secret itself.
-- position: the newest has the highest. expires_at NULL: until it is replaced.
CREATE TABLE webhook_secret (
    webhook    TEXT    NOT NULL REFERENCES webhook (name) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    secret     TEXT    NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (webhook, position)
) STRICT, WITHOUT ROWID;

-- The audit trail: author, action, target, time and client address. Written in the transaction of
-- the change. Not part of the sequence of events. author: user, operator, server or anonymous.
-- class: the cap that a record counts against, 0 for logins, 1 for changes. Action names:
-- src/domain/audit/action.rs. Never contains a secret.
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
-- src/store/sqlite/generation.rs compares the row with the file doorsign.db-marker, so that an
-- older copy of this file is never read together with a newer log. Both values are text of fixed
-- length: an update changes a few bytes in place, and a power cut during it leaves the old or the
-- new value.
CREATE TABLE generation (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    database TEXT    NOT NULL, -- 32 hex digits, random.
    number   TEXT    NOT NULL  -- 16 hex digits.
) STRICT;
INSERT INTO generation VALUES (1, lower(hex(randomblob(16))), printf('%016x', 1));

-- Rocket.Chat's default roles (without those of ee/) and the default grants of the permissions in
-- this domain. Source: apps/meteor/app/authorization/server/constant/permissions.ts and
-- upsertPermissions.ts.
INSERT INTO role (id, name, description, scope, protected) VALUES
    ('admin',            'admin',            'Admin',            'Users',         1),
    ('moderator',        'moderator',        'Moderator',        'Subscriptions', 1),
    ('leader',           'leader',           'Leader',           'Subscriptions', 1),
    ('owner',            'owner',            'Owner',            'Subscriptions', 1),
    ('user',             'user',             '',                 'Users',         1),
    ('bot',              'bot',              '',                 'Users',         1),
    ('app',              'app',              '',                 'Users',         1),
    ('guest',            'guest',            '',                 'Users',         1),
    ('anonymous',        'anonymous',        '',                 'Users',         1),
    ('federated-external', 'federated-external', '',             'Users',         1),
    ('livechat-agent',   'livechat-agent',   'Livechat Agent',   'Users',         1),
    ('livechat-manager', 'livechat-manager', 'Livechat Manager', 'Users',         1);

CREATE TEMP TABLE default_grant (permission TEXT, role TEXT, position INTEGER);
INSERT INTO default_grant VALUES
    ('manage-user-status',             'admin', 0),
    ('edit-other-user-info',           'admin', 0),
    ('edit-other-user-active-status',  'admin', 0),
    ('edit-other-user-password',       'admin', 0),
    ('edit-other-user-avatar',         'admin', 0),
    ('create-user',                    'admin', 0),
    ('delete-user',                    'admin', 0),
    ('access-permissions',             'admin', 0),
    ('assign-roles',                   'admin', 0),
    ('assign-admin-role',              'admin', 0),
    ('logout-other-user',              'admin', 0),
    ('view-full-other-user-info',      'admin', 0),
    ('view-privileged-setting',        'admin', 0),
    ('edit-privileged-setting',        'admin', 0),
    ('view-statistics',                'admin', 0),
    ('view-user-administration',       'admin', 0),
    ('user-generate-access-token',     'admin', 0),
    ('create-personal-access-tokens',  'admin', 0),
    ('create-personal-access-tokens',  'user', 1),
    ('manage-outgoing-integrations',   'admin', 0),
    ('view-device-management',         'admin', 0),
    ('logout-device-management',       'admin', 0),
    ('view-d-room',                    'admin', 0),
    ('view-d-room',                    'user', 1),
    ('view-d-room',                    'federated-external', 2),
    ('view-d-room',                    'bot', 3),
    ('view-d-room',                    'app', 4),
    ('view-d-room',                    'guest', 5),
    ('view-outside-room',              'admin', 0),
    ('view-outside-room',              'owner', 1),
    ('view-outside-room',              'moderator', 2),
    ('view-outside-room',              'user', 3),
    ('view-outside-room',              'federated-external', 4),
    ('api-bypass-rate-limit',          'admin', 0),
    ('api-bypass-rate-limit',          'bot', 1),
    ('api-bypass-rate-limit',          'app', 2);
-- 1: newer than the epoch, because clients without data ask for everything newer than that.
INSERT INTO permission (id, updated_at) SELECT DISTINCT permission, 1 FROM default_grant;
INSERT INTO permission_role (permission_id, role_id, position) SELECT permission, role, position FROM default_grant;
DROP TABLE default_grant;
