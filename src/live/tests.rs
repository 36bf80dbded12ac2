//! Live topics and mailboxes: who is told what, and who is cut.
