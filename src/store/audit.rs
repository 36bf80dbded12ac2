//! The audit trail's part of the store contract.
//!
//! Methods of the other traits that make a security-relevant change add its records in their own
//! transaction, from the `By` or `Attribution` they are given.

use crate::domain::{AuditEntry, AuditQuery, AuditRecord, Page, Result, Timestamp};
use async_trait::async_trait;
use tokio::sync::watch;

/// The audit trail. See the [module](super) for the contract of every method.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Notifies after every commit that may have added a record.
    fn audited(&self) -> watch::Receiver<()>;

    /// Adds records that belong to no change, such as refused logins.
    async fn append_audit(&self, entries: Vec<AuditEntry>) -> Result<()>;

    /// Returns a page of records, newest first, and the number of matches.
    async fn list_audit(&self, query: AuditQuery) -> Result<Page<AuditRecord>>;

    /// Returns at most `limit` records after the one with this id, oldest first.
    async fn audit_after(&self, id: u64, limit: usize) -> Result<Vec<AuditRecord>>;

    /// Returns the id of the newest record, or 0 if there is none.
    async fn newest_audit(&self) -> Result<u64>;

    /// Deletes records older than `before`, and the oldest of a class beyond
    /// [`RecordClass::CAP`](crate::domain::RecordClass::CAP), at most `limit` of each. Returns
    /// `true` if there may be more to delete.
    async fn sweep_audit(&self, before: Timestamp, limit: usize) -> Result<bool>;
}
