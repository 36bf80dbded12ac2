//! Avatars as JSON.

use crate::domain::UserId;

/// Returns the version of a user's uploaded avatar. On Rocket.Chat, `rocket.cat` has one from the
/// start, and clients and upstream's tests expect it. Other users cannot upload one here.
pub(super) fn etag(user: &UserId) -> Option<&'static str> {
    (user.as_str() == "rocket.cat").then_some("doorsignRocketCat")
}
