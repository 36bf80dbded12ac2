-- The whole database, created from nothing by the first start. A file of version 2 is carried over when it is opened, by the steps in
-- src/store/sqlite/upgrades; one of version 1, from before the first release, is refused.
--
-- Times are milliseconds since the Unix epoch, UTC. Ids are made by the server, never by SQLite, except event.id.
-- A column ending in _key is what searching and uniqueness compare: its neighbour without regard to case, computed by the server,
-- because what case is must not depend on a database's collation.

-- How a file says it is ours: "door" in ASCII.
PRAGMA application_id = 0x646f6f72;
PRAGMA user_version = 3;

-- A custom status: a name to choose from, shown with a type.
-- The ids ascend with time, so a new row lands on the last page of the tree; WITHOUT ROWID keeps the row in that one tree.
CREATE TABLE custom_user_status (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL,
    status_type TEXT    NOT NULL CONSTRAINT custom_user_status_type CHECK (
                    status_type = 'online' OR status_type = 'away' OR status_type = 'busy' OR status_type = 'offline' OR status_type = ''
                ), -- Not IN (...), for whose list SQLite would build a table with every insert.
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who wins when two create the same name at once. BINARY, since "Lunch" and "lunch" are two names.
CREATE UNIQUE INDEX custom_user_status_name ON custom_user_status (name);

-- How many custom statuses there are: one row, changed with every insert and delete by src/store/sqlite/custom_status.rs. count(*)
-- would walk the whole table for every page of the list; a trigger would make SQLite keep a journal for every insert.
CREATE TABLE custom_user_status_total (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    total INTEGER NOT NULL CHECK (total >= 0)
) STRICT;
INSERT INTO custom_user_status_total VALUES (1, 0);

-- Somebody who may log in. password_hash is a PHC string of Argon2id over the password's SHA-256, because Rocket.Chat's clients
-- may send the digest instead of the password. "user" is quoted nowhere: SQLite does not reserve it.
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
    last_login_at           INTEGER,          -- By password.
    preferences             TEXT,             -- A JSON object, changed by merging; only the API knows its keys.
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    presence_policy TEXT NOT NULL DEFAULT 'connection' CONSTRAINT user_presence_policy CHECK (
        presence_policy = 'connection' OR presence_policy = 'heartbeat' OR presence_policy = 'always'
    ) -- By what somebody counts as connected. Last, and with a default, as a file that is carried over has it.
) STRICT, WITHOUT ROWID;

-- How somebody is shown: what there is beside claims. No row: nothing was ever said, and the policy never changed. rest is what is shown without claim and
-- connection (online before: of somebody who chose online, and something else since); changed_at is when anything of it last changed, claims included.
CREATE TABLE presence (
    user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    rest       TEXT    NOT NULL CHECK (rest = 'online' OR rest = 'offline' OR rest = 'online before'),
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_changed ON presence (changed_at);

-- A claim on somebody's status. Of several the strongest source counts (internal, manual, external), the others wait beneath it.
-- expires_at NULL: until it is ended. An expired row counts no more, even before it is swept away.
CREATE TABLE claim (
    user_id    TEXT    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    source     TEXT    NOT NULL CHECK (source = 'internal' OR source = 'manual' OR source = 'external'),
    status     TEXT    NOT NULL CHECK (status = 'online' OR status = 'away' OR status = 'busy' OR status = 'offline'),
    text       TEXT    NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (user_id, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_expires ON claim (expires_at) WHERE expires_at IS NOT NULL;

-- A role that users hold and permissions name. protected roles came with the server and stay.
CREATE TABLE role (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    scope       TEXT    NOT NULL CHECK (scope IN ('Users', 'Subscriptions')),
    protected   INTEGER NOT NULL CHECK (protected IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Which user holds which role.
CREATE TABLE user_role (
    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES role (id),
    PRIMARY KEY (user_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_role_role ON user_role (role_id);

-- The permission table. Clients read all of it; the server asks only for those in src/domain/permission.rs.
CREATE TABLE permission (
    id         TEXT    NOT NULL PRIMARY KEY,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which role grants which permission. position keeps the order the roles were given in, which clients get back.
CREATE TABLE permission_role (
    permission_id TEXT    NOT NULL REFERENCES permission (id) ON DELETE CASCADE,
    role_id       TEXT    NOT NULL REFERENCES role (id),
    position      INTEGER NOT NULL,
    PRIMARY KEY (permission_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX permission_role_role ON permission_role (role_id);

-- A login: what a token stands for. A token whose row is gone is worth nothing.
-- name: only a personal access token has one, unique for its user. token_tail: the end of that token, for its owner to tell it from
-- others. expires_at NULL: until revoked.
CREATE TABLE login (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name       TEXT,
    token_tail TEXT,
    bypass_two_factor INTEGER NOT NULL CHECK (bypass_two_factor IN (0, 1)),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    CONSTRAINT login_name UNIQUE (user_id, name)
) STRICT, WITHOUT ROWID;

-- What the workspace has chosen instead of a setting's default. value is the setting's value as text: true, 42, Office; which kind it
-- is, its setting says (src/domain/setting.rs).
CREATE TABLE setting (
    id         TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, appended in the transaction of the change itself. id is the position: there is one writer, so ids ascend in the
-- order of commit, and a reader that has seen n has seen all before n. The newest row is never deleted, so no id is given twice.
-- payload is JSON; its shape belongs to src/store/sqlite/payload.
CREATE TABLE event (
    id         INTEGER PRIMARY KEY,
    kind       TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Who reads events, and up to which one (inclusive) they are done with.
CREATE TABLE consumer (
    name   TEXT    NOT NULL PRIMARY KEY,
    cursor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that a consumer gave up on, with the reason, for somebody to look at.
CREATE TABLE parked (
    consumer  TEXT    NOT NULL REFERENCES consumer (name) ON DELETE CASCADE,
    event_id  INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    attempts  INTEGER NOT NULL,
    parked_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, event_id)
) STRICT, WITHOUT ROWID;

-- Rocket.Chat's default roles (ee/ ones left out) and the default grants of the permissions in this domain.
-- Source: apps/meteor/app/authorization/server/constant/permissions.ts and upsertPermissions.ts.
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
-- 1: newer than the epoch, since clients that know nothing yet ask for what is newer than that.
INSERT INTO permission (id, updated_at) SELECT DISTINCT permission, 1 FROM default_grant;
INSERT INTO permission_role (permission_id, role_id, position) SELECT permission, role, position FROM default_grant;
DROP TABLE default_grant;
