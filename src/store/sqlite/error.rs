//! Translates SQLite's errors to the domain's.

use crate::domain::{Error, Fault, Outage};
use crate::store::sql::WriteError;
use rusqlite::{ErrorCode, ffi};

/// Maps an SQLite error to the domain's.
pub(super) fn error(source: &rusqlite::Error) -> Error {
    if let Some(outage) = source.sqlite_error_code().and_then(shortage) {
        tracing::warn!(error = %source, "the database is temporarily unavailable");
        return Error::unavailable(outage);
    }
    if is_damage(source) {
        return Error::Broken(Fault::Damaged);
    }
    Error::internal(source.to_string())
}

/// Returns what SQLite lacks; `None` if trying again does not help.
const fn shortage(code: ErrorCode) -> Option<Outage> {
    match code {
        ErrorCode::DiskFull => Some(Outage::DiskFull),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(Outage::DatabaseBusy),
        ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen => {
            Some(Outage::DiskFailing)
        }
        ErrorCode::OutOfMemory => Some(Outage::MemoryShort),
        _ => None,
    }
}

/// Returns whether SQLite found the database damaged.
pub(super) fn is_damage(source: &rusqlite::Error) -> bool {
    matches!(
        source.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Maps an error of a statement that writes, by its extended result code.
pub(super) fn write_error(source: &rusqlite::Error) -> WriteError {
    match source.sqlite_error().map(|code| code.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => WriteError::Unique,
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => WriteError::MissingReference,
        _ => WriteError::Other(error(source)),
    }
}
