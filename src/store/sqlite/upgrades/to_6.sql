-- Custom roles, which have a unique name and the time of their last change.
ALTER TABLE role ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX role_name ON role (name);
CREATE TABLE removed_role (
    id         TEXT    NOT NULL PRIMARY KEY,
    removed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- The permission to remove the avatars of other users.
INSERT OR IGNORE INTO permission (id, updated_at) VALUES ('edit-other-user-avatar', 1);
INSERT OR IGNORE INTO permission_role (permission_id, role_id, position) VALUES ('edit-other-user-avatar', 'admin', 0);
