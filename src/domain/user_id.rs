//! Ids of users.

use super::id::id;

id! {
    /// 17 characters of Meteor's unambiguous alphabet. Ids from clients are looked up unchanged.
    UserId
}
