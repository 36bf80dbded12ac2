//! The rules of status visibility: who sets them, and who may read them. Clients use usernames, and
//! the rules hold ids, so that a new username changes no rule. Source: compatibility 5.7.

use super::{find, is_self, queries};
use crate::app::App;
use crate::domain::{
    Actor, Error, Field, Page, Permission, Problem, Result, StatusVisibility, User, UserId,
    UserKey, UserQuery, UserSearch, Username, What,
};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum length in characters of an unknown name in a message.
const MOST_SHOWN: usize = 100;

/// The rules of a user, as far as the reader may see them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownRules {
    /// Whether an administrator disabled the user's presence.
    pub is_disabled: bool,
    /// The users that the user hides from, by username. Only shown to the user.
    pub denied: Vec<Username>,
    /// The users that an administrator hides the user from, by username. Never shown to the user.
    pub denied_by_admin: Vec<Username>,
}

/// Returns the rules of a user, as that user sees them.
///
/// # Errors
/// `Unavailable`.
pub async fn own(app: &App, user: &UserId) -> Result<ShownRules> {
    let Some(rules) = app.visibility().await?.rules(user).cloned() else {
        return Ok(ShownRules::default());
    };
    Ok(ShownRules {
        is_disabled: rules.disabled_by_admin,
        denied: usernames(app, &rules.denied).await?,
        denied_by_admin: Vec::new(),
    })
}

/// Returns the rules of `user`, as far as the actor may see them.
///
/// # Errors
/// `Unavailable`.
pub async fn of(app: &App, actor: &Actor, user: &UserId) -> Result<ShownRules> {
    if is_self(actor, user) {
        return own(app, user).await;
    }
    if !queries::sees_all(actor) {
        return Ok(ShownRules::default());
    }
    by_admin(app, user).await
}

async fn by_admin(app: &App, user: &UserId) -> Result<ShownRules> {
    let Some(rules) = app.visibility().await?.rules(user).cloned() else {
        return Ok(ShownRules::default());
    };
    Ok(ShownRules {
        is_disabled: rules.disabled_by_admin,
        denied: Vec::new(),
        denied_by_admin: usernames(app, &rules.denied_by_admin).await?,
    })
}

/// Returns a page of the users under a rule of an administrator, with these rules. `search` is a
/// part of a name.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(
    app: &App,
    actor: &Actor,
    search: Option<String>,
    query: UserQuery,
) -> Result<Page<(User, ShownRules)>> {
    actor.require(Permission::EditOtherUserInfo)?;
    let query = UserQuery {
        search: search.map(UserSearch::Names),
        has_admin_rule: true,
        ..query
    };
    let Page { items, total } = app.store.list_users(query).await?;
    let mut listed = Vec::with_capacity(items.len());
    for user in items {
        let rules = of(app, actor, &user.id).await?;
        listed.push((user, rules));
    }
    let items = listed;
    Ok(Page { items, total })
}

async fn usernames(app: &App, ids: &BTreeSet<UserId>) -> Result<Vec<Username>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = app.store.list_usernames(ids.iter().cloned().collect());
    Ok(found.await?.into_iter().map(|(_, name)| name).collect())
}

/// Returns the ids of the users with these names, for a list in `field`.
///
/// # Errors
/// `Invalid { NotValid | TooMany }`, `Unavailable`.
pub(super) async fn ids(app: &App, field: Field, names: &[String]) -> Result<BTreeSet<UserId>> {
    let names: BTreeMap<_, _> = names
        .iter()
        .map(|name| (Username::key(name), name))
        .collect();
    if names.len() > StatusVisibility::MOST_DENIED {
        let most = Problem::TooMany(StatusVisibility::MOST_DENIED);
        return Err(Error::invalid(field, most));
    }
    let mut ids = BTreeSet::new();
    for (key, name) in names {
        match find(app, UserKey::Username(key)).await {
            Ok((user, _)) => ids.insert(user.id),
            Err(Error::NotFound(What::User(_))) => {
                return Err(Error::invalid(field, Problem::NotValid(shortened(name))));
            }
            Err(failed) => return Err(failed),
        };
    }
    Ok(ids)
}

/// Returns the start of an unknown name, which may be long, for a message.
fn shortened(name: &str) -> String {
    name.chars().take(MOST_SHOWN).collect()
}
