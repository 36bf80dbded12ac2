//! Periodic background jobs.

pub(crate) mod audit_log;
pub(crate) mod audit_retention;
pub mod claim_expiry;
pub mod event_retention;
mod last_used;
mod memory;

pub use last_used::LastUsed;
pub use memory::ReturnMemory;
