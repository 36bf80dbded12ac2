//! Translates SQLite's errors to the domain's.

use crate::domain::{Error, Fault};
use rusqlite::ffi;

/// Maps an SQLite error to the domain's by its extended result code. Constraints that matter to a
/// caller are handled at their statement, with [`is_unique`] and [`is_missing_reference`].
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

/// Returns whether a UNIQUE index other than the primary key rejected the row.
pub(super) fn is_unique(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Returns whether a referenced row does not exist.
pub(super) fn is_missing_reference(source: &rusqlite::Error) -> bool {
    extended_code(source) == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

fn extended_code(source: &rusqlite::Error) -> Option<i32> {
    source.sqlite_error().map(|code| code.extended_code)
}
