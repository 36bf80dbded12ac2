//! Avatars as JSON.

use crate::domain::User;

/// The version of `rocket.cat`'s picture. On Rocket.Chat, that user has one from the start, and
/// clients and upstream's tests expect it.
pub(super) const ROCKET_CAT: &str = "doorsignRocketCat";

/// Returns the version of a user's picture, if there is one.
pub(super) fn etag(user: &User) -> Option<&str> {
    let own = user.profile.avatar_etag.as_deref();
    own.or_else(|| (user.id.as_str() == "rocket.cat").then_some(ROCKET_CAT))
}
