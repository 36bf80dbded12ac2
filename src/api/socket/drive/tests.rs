//! The loop of a live connection, in paused time.
