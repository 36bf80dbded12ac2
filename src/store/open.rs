//! Opens a database. The only file that knows which database this is.

pub use super::sqlite::OpenError;

use super::sqlite::SqliteStore;
use super::{Database, DatabaseSettings};
use std::sync::Arc;

/// Opens a database for a server, which holds the data folder's lock. Creates a missing database,
/// upgrades an older schema, and checks the file for damage after an unclean stop.
///
/// # Errors
/// [`OpenError`], one line each. A rejected file is left untouched.
pub fn open(settings: DatabaseSettings<'_>) -> Result<Arc<dyn Database>, OpenError> {
    Ok(Arc::new(SqliteStore::open(settings)?))
}

/// Opens a database for a command without the lock, which may run next to an older server. Neither
/// creates nor upgrades the database.
///
/// # Errors
/// As for [`open`], and [`OpenError::NeedsUpgrade`].
pub fn open_beside_server(settings: DatabaseSettings<'_>) -> Result<Arc<dyn Database>, OpenError> {
    Ok(Arc::new(SqliteStore::open_beside_server(settings)?))
}

/// Creates a database in memory, which ends with the returned store.
///
/// # Errors
/// [`OpenError`].
pub fn open_in_memory() -> Result<Arc<dyn Database>, OpenError> {
    Ok(Arc::new(SqliteStore::in_memory()?))
}
