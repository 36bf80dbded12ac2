-- Logins can be listed and ended one by one. Earlier logins have neither an address nor a client on record.
ALTER TABLE login ADD COLUMN last_used_at INTEGER;
ALTER TABLE login ADD COLUMN address TEXT;
ALTER TABLE login ADD COLUMN client TEXT;
