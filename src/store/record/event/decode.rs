//! Decoding of values in stored events.

use crate::domain::{Error, Username};
use std::borrow::Cow;

/// Returns a stored username, which was valid when it was stored.
pub(super) fn named(username: Cow<'_, str>) -> Username {
    Username::stored(username.into_owned())
}

/// Returns the error for a word that no version has stored.
pub(super) fn unknown(what: &str, word: &str) -> Error {
    Error::internal(format!("its {what} {word:?} is unknown"))
}
