//! What the audit trail asks of a database. Knows no SQL.
//!
//! Methods of the other traits that change something that matters to security add its records in their own transaction, from the
//! `By` or `Attribution` they are given.

use crate::domain::{AuditEntry, AuditQuery, AuditRecord, Page, Result, Timestamp};
use async_trait::async_trait;
use tokio::sync::watch;

/// The audit trail. See the [module](super) for what every method promises.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Changes with every commit that may have added a record.
    fn audited(&self) -> watch::Receiver<()>;

    /// Adds records that belong to no change, such as refused logins.
    async fn append_audit(&self, entries: Vec<AuditEntry>) -> Result<()>;

    /// A page of records, newest first, and how many match.
    async fn list_audit(&self, query: AuditQuery) -> Result<Page<AuditRecord>>;

    /// At most `limit` records after the one with this id, oldest first.
    async fn audit_after(&self, id: u64, limit: usize) -> Result<Vec<AuditRecord>>;

    /// The id of the newest record; 0 when there is none.
    async fn newest_audit(&self) -> Result<u64>;

    /// Deletes records from before `before`, and the oldest of a class beyond [`RecordClass::CAP`](crate::domain::RecordClass::CAP), at
    /// most `limit` of each. `true`: there may be more to delete.
    async fn sweep_audit(&self, before: Timestamp, limit: usize) -> Result<bool>;
}
