//! Whom a request is about, by `userId`, `username` or `user`, which is a user name, too. Source: Rocket.Chat `getUserFromParams.ts`.
//! Knows nothing of what happens to them.

use crate::api::error::ApiError;
use crate::domain::{UserId, UserKey};

/// The fields and parameters that name a user, in the order in which they are looked at.
pub(in crate::api) const NAMES: [&str; 3] = ["userId", "username", "user"];

/// Whom a request names, if anybody; `text` is the text of the field or parameter of a name. An empty one names nobody.
pub(in crate::api) fn named(
    mut text: impl FnMut(&str) -> Result<Option<String>, ApiError>,
) -> Result<Option<UserKey>, ApiError> {
    let [id, username, user] = [text(NAMES[0])?, text(NAMES[1])?, text(NAMES[2])?];
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = filled(id).map(|id| UserKey::Id(UserId::new(id)));
    Ok(id.or_else(|| filled(username).or(filled(user)).map(UserKey::Username)))
}
