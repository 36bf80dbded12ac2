-- The presence policy. All existing users count as connected through a live connection.
ALTER TABLE user ADD COLUMN presence_policy TEXT NOT NULL DEFAULT 'connection' CONSTRAINT user_presence_policy CHECK (
    presence_policy = 'connection' OR presence_policy = 'heartbeat' OR presence_policy = 'always'
);
