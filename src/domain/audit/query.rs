//! The query for audit records.

use super::super::Timestamp;
use super::{Action, RecordClass};

/// A page of the audit trail, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only these actions. Empty means all.
    pub actions: Vec<Action>,
    /// Only records with this user as author or target. Matches an id, or a username at that time.
    pub user: Option<String>,
    /// Only records at or after this time.
    pub since: Option<Timestamp>,
    /// Only records before this time.
    pub until: Option<Timestamp>,
    /// Number of records to skip.
    pub offset: u64,
    /// Maximum number of records to return.
    pub limit: u64,
}

impl RecordClass {
    /// Every class.
    pub const ALL: [Self; 2] = [Self::Login, Self::Change];

    /// Maximum number of records per class. The oldest are deleted first. At about 200 bytes per
    /// record, both classes take at most 40 MB.
    pub const CAP: u64 = 100_000;
}
