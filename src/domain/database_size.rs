//! The size of a database.

/// The size of a database, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseSize {
    /// The database itself, without its log.
    pub bytes: u64,
    /// The log of changes that are not yet in the database; 0 if there is none.
    pub log_bytes: u64,
    /// The maximum. `None`: there is no limit.
    pub limit_bytes: Option<u64>,
}
