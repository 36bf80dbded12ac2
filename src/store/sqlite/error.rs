//! Translates SQLite's errors to the domain's.

use crate::domain::{Error, Fault};
use crate::store::sql::WriteError;
use rusqlite::ffi;

/// Maps an SQLite error to the domain's.
pub(super) fn error(source: &rusqlite::Error) -> Error {
    match source.sqlite_error_code() {
        Some(
            rusqlite::ErrorCode::DiskFull
            | rusqlite::ErrorCode::DatabaseBusy
            | rusqlite::ErrorCode::DatabaseLocked
            | rusqlite::ErrorCode::SystemIoFailure
            | rusqlite::ErrorCode::ReadOnly
            | rusqlite::ErrorCode::CannotOpen,
        ) => {
            tracing::warn!(error = %source, "the database is temporarily unavailable");
            Error::UNAVAILABLE
        }
        _ if is_damage(source) => Error::Broken(Fault::Damaged),
        _ => Error::internal(source.to_string()),
    }
}

/// Returns whether SQLite found the database damaged.
pub(super) fn is_damage(source: &rusqlite::Error) -> bool {
    matches!(
        source.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
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
