-- By what somebody counts as connected: until now, all by a live connection.
ALTER TABLE user ADD COLUMN presence_policy TEXT NOT NULL DEFAULT 'connection' CONSTRAINT user_presence_policy CHECK (
    presence_policy = 'connection' OR presence_policy = 'heartbeat' OR presence_policy = 'always'
);
