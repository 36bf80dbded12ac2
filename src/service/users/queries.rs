//! Who may see which users, and how much of them. Knows nothing of which fields that is: the wire does.

use super::is_self;
use crate::app::App;
use crate::domain::{Actor, Page, Permission, Result, User, UserKey, UserQuery};

/// A user, and whether the actor may see all of it.
pub struct Seen {
    /// The user.
    pub user: User,
    /// Whether it is the actor, or one that the actor may see all of.
    pub whole: bool,
}

/// The user that `key` names. By address, somebody else is found only by who may see addresses.
///
/// # Errors
/// `Unavailable`.
pub async fn info(app: &App, actor: &Actor, key: UserKey) -> Result<Option<Seen>> {
    let by_address = matches!(key, UserKey::Email(_));
    let found = app.store.find_user(key).await?;
    let seen = found.map(|(user, _)| Seen {
        whole: is_self(actor, &user.id) || sees_all(actor),
        user,
    });
    Ok(seen.filter(|seen| seen.whole || !by_address))
}

/// A page of users, and whether the actor may see all of them. Who may not see addresses finds nobody by one.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, actor: &Actor, query: UserQuery) -> Result<(Page<User>, bool)> {
    actor.require(Permission::ViewDRoom)?;
    let whole = sees_all(actor);
    if query.email.is_some() && !whole {
        let (items, total) = (Vec::new(), 0);
        return Ok((Page { items, total }, whole));
    }
    Ok((app.store.list_users(query).await?, whole))
}

pub(super) fn sees_all(actor: &Actor) -> bool {
    actor.grants.contains(Permission::ViewFullOtherUserInfo)
}
