//! Which records to read.

use super::super::Timestamp;
use super::{Action, RecordClass};

/// A page of the audit trail, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only these actions; empty: all.
    pub actions: Vec<Action>,
    /// Only what this user did or what was done to this user: an id, or a name at that time.
    pub user: Option<String>,
    /// Only what happened from then on.
    pub since: Option<Timestamp>,
    /// Only what happened before then.
    pub until: Option<Timestamp>,
    /// How many records to skip.
    pub offset: u64,
    /// How many records to return at most.
    pub limit: u64,
}

impl RecordClass {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::Login, Self::Change];

    /// Records of a class that are kept at most; the oldest go first. At about 200 bytes a record, both classes take 40 MB at most.
    pub const CAP: u64 = 100_000;
}
