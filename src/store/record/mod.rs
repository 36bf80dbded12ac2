//! The stored form of events and of JSON, the same in every database. Separate from the domain
//! types, so that these can be renamed without affecting stored rows. Does not depend on SQL.

pub(super) mod event;
pub(super) mod preferences;

use crate::domain::{Error, Result, UserId};

/// Returns ids as a JSON array, the form in which a statement takes a list.
pub(super) fn id_array<'a>(ids: impl IntoIterator<Item = &'a UserId>) -> String {
    let ids: Vec<_> = ids.into_iter().map(UserId::as_str).collect();
    serde_json::to_string(&ids).unwrap_or_default()
}

/// Reads a JSON array of ids.
pub(super) fn ids<T: FromIterator<UserId>>(array: &str) -> Result<T> {
    let ids: Vec<String> = serde_json::from_str(array).map_err(Error::internal)?;
    Ok(ids.into_iter().map(UserId::new).collect())
}
