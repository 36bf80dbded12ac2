//! Why the server cannot serve a request for now.

/// Why the server is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// The disk is full, or the database has reached its maximum size.
    DiskFull,
    /// The database file cannot be read or written.
    DiskFailing,
    /// The database is busy.
    DatabaseBusy,
    /// Too many passwords are being checked.
    PasswordsBusy,
    /// Memory, or the part of it that such requests may use, is used up.
    MemoryShort,
    /// The server is stopping.
    Stopping,
}

impl Outage {
    /// Returns what is wrong and what to do, without a capital letter and a full stop.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::DiskFull => {
                "the disk is full, or the database has reached max_database_mib. An administrator has to make room"
            }
            Self::DiskFailing => {
                "the database file cannot be read or written. An administrator has to check the disk"
            }
            Self::DatabaseBusy => "the database is busy. Please try again",
            Self::PasswordsBusy => "too many passwords are being checked. Please try again",
            Self::MemoryShort => "the memory for such requests is used up. Please try again",
            Self::Stopping => "the server is stopping. Please try again",
        }
    }
}
