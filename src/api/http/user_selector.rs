//! The user that a request is about, given by `userId`, `username` or `user` (also a username).
//! Source: Rocket.Chat `getUserFromParams.ts`.

use crate::api::error::ApiError;
use crate::domain::{UserId, UserKey};

/// The fields and parameters that select a user, in order of precedence.
pub(in crate::api) const NAMES: [&str; 3] = ["userId", "username", "user"];

/// Returns the user that a request selects, if any. `text` returns the text of a field or
/// parameter. Empty texts count as absent.
pub(in crate::api) fn named(
    mut text: impl FnMut(&str) -> Result<Option<String>, ApiError>,
) -> Result<Option<UserKey>, ApiError> {
    let [id, username, user] = [text(NAMES[0])?, text(NAMES[1])?, text(NAMES[2])?];
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = filled(id).map(|id| UserKey::Id(UserId::new(id)));
    Ok(id.or_else(|| filled(username).or(filled(user)).map(UserKey::Username)))
}
