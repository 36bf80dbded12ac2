-- Who may see whose status. All existing users are visible to everyone.
ALTER TABLE user ADD COLUMN presence_disabled INTEGER NOT NULL DEFAULT 0 CHECK (presence_disabled IN (0, 1));
ALTER TABLE user ADD COLUMN status_denied TEXT;
ALTER TABLE user ADD COLUMN status_denied_by_admin TEXT;
CREATE INDEX user_status_visibility ON user (id)
    WHERE presence_disabled = 1 OR status_denied IS NOT NULL OR status_denied_by_admin IS NOT NULL;
