//! The audit trail beside its rows: one log line for each record, the limit on records that anonymous clients cause, and deletion
//! after `audit_retention_days`. What each change records is decided in `domain::audit`, and written by the store with the change.

mod follower;
mod line;
mod refusals;
mod retention;

pub use follower::Follower;
pub use refusals::{PER_MINUTE, PER_NETWORK_AND_MINUTE, Refusals};
pub use retention::AuditRetention;

pub(crate) use line::write_unrecorded;
