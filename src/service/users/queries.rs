//! Who may see which users, and whether completely. The API layer decides which fields that covers.

use crate::app::App;
use crate::domain::{
    Actor, Page, Permission, Result, User, UserId, UserKey, UserQuery, UserSearch, Username,
};

/// A user, and whether the actor may see all of it.
pub struct VisibleUser {
    /// The user.
    pub user: User,
    /// Whether the user is the actor, or the actor may see all fields.
    pub whole: bool,
}

/// Returns the user identified by `key`. Looking up another user by address needs the permission to
/// see addresses.
///
/// # Errors
/// `Unavailable`.
pub async fn info(app: &App, actor: &Actor, key: UserKey) -> Result<Option<VisibleUser>> {
    let by_address = matches!(key, UserKey::Email(_));
    let found = app.store.find_user(key).await?;
    let user = found.map(|(user, _)| VisibleUser {
        whole: actor.user.id == user.id || sees_all(actor),
        user,
    });
    Ok(user.filter(|user| user.whole || !by_address))
}

/// Returns a page of users, and whether the actor may see all of their fields. A filter by address
/// finds nothing without the permission to see addresses.
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

/// Returns a page of users like [`list`], with `search` in a name or, for those who may see
/// addresses, in the address.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn search(
    app: &App,
    actor: &Actor,
    search: Option<String>,
    query: UserQuery,
) -> Result<(Page<User>, bool)> {
    let within = if sees_all(actor) {
        UserSearch::NamesAndAddresses
    } else {
        UserSearch::Names
    };
    let query = UserQuery {
        search: search.map(within),
        ..query
    };
    list(app, actor, query).await
}

/// Returns the username of the user with this id, for anyone who knows the id. `None` if there is
/// no such user.
///
/// # Errors
/// `Unavailable`.
pub async fn username(app: &App, id: UserId) -> Result<Option<Username>> {
    let found = app.store.find_user(UserKey::Id(id)).await?;
    Ok(found.map(|(user, _)| user.username))
}

pub(super) fn sees_all(actor: &Actor) -> bool {
    actor.grants.contains(Permission::ViewFullOtherUserInfo)
}
