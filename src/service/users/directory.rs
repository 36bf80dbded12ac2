//! The search for people, for users who may list users and see users outside of rooms. Source:
//! Rocket.Chat `spotlight.js`, `browseChannels.ts` and `findUsersToAutocomplete`. The search finds
//! active users by username, display name, nickname and bio, which `users.list` shows to everyone
//! who may list users. It never searches email addresses.

use super::queries::sees_all;
use crate::app::App;
use crate::domain::{
    Actor, Page, Permission, Result, User, UserKey, UserQuery, UserSearch, UserStatus, Username,
};
use crate::service::presence::{self, VisiblePresence};

/// Maximum number of users that [`spotlight`] finds. Source: Rocket.Chat's default of
/// `Number_of_users_autocomplete_suggestions`.
const SPOTLIGHT_USERS: usize = 5;
/// Maximum number of users that [`autocomplete`] finds, as in Rocket.Chat.
const AUTOCOMPLETE_USERS: usize = 10;
/// Maximum number of users whose status one search checks. A status depends on connections and on the
/// viewer, so the store cannot search for it.
const MOST_CHECKED: usize = 500;
/// Maximum number of users to leave out. A client leaves out those that it already shows.
const MOST_EXCEPTIONS: usize = 100;

/// Returns a page of the active users that match `text`, and whether the actor may see all of their
/// fields. `None` for those who may not search.
///
/// # Errors
/// `Unavailable`.
pub async fn search(
    app: &App,
    actor: &Actor,
    text: &str,
    query: UserQuery,
) -> Result<Option<(Page<User>, bool)>> {
    if !may_search(actor) {
        return Ok(None);
    }
    let text = Some(text.trim()).filter(|text| !text.is_empty());
    let query = UserQuery {
        search: text.map(|text| UserSearch::Profiles(text.to_owned())),
        active: Some(true),
        ..query
    };
    let page = app.store.list_users(query).await?;
    Ok(Some((page, sees_all(actor))))
}

/// Returns the few active users that match `text` best, without those named in `except`. A leading
/// `#` asks for rooms only, a leading `@` for users only. Empty for those who may not search.
///
/// # Errors
/// `Unavailable`.
pub async fn spotlight(
    app: &App,
    actor: &Actor,
    text: &str,
    except: &[String],
) -> Result<Vec<User>> {
    if text.starts_with('#') {
        return Ok(Vec::new());
    }
    let text = text.strip_prefix('@').unwrap_or(text);
    best(app, actor, text, except, SPOTLIGHT_USERS).await
}

/// Like [`spotlight`], with more users and without special characters. With `statuses`, finds only
/// users that the actor sees with one of these, among the first 500 that match `text`.
///
/// # Errors
/// `Unavailable`.
pub async fn autocomplete(
    app: &App,
    actor: &Actor,
    (text, statuses): (&str, Option<&[UserStatus]>),
    except: &[String],
) -> Result<Vec<(User, VisiblePresence)>> {
    let limit = if statuses.is_some() {
        MOST_CHECKED
    } else {
        AUTOCOMPLETE_USERS
    };
    let users = best(app, actor, text, except, limit).await?;
    let shown = presence::of_all(app, &actor.user.id, &users).await?;
    let found = users.into_iter().zip(shown);
    let is_wanted = |(_, shown): &(User, VisiblePresence)| {
        statuses.is_none_or(|statuses| statuses.contains(&shown.status))
    };
    Ok(found.filter(is_wanted).take(AUTOCOMPLETE_USERS).collect())
}

/// Returns at most `limit` users by username, the one with exactly this username first.
async fn best(
    app: &App,
    actor: &Actor,
    text: &str,
    except: &[String],
    limit: usize,
) -> Result<Vec<User>> {
    let except = except.iter().take(MOST_EXCEPTIONS);
    let except: Vec<_> = except.map(|name| Username::key(name.trim())).collect();
    let query = UserQuery {
        limit: u64::try_from(limit.saturating_add(except.len())).ok(),
        ..UserQuery::default()
    };
    let Some((found, _)) = search(app, actor, text, query).await? else {
        return Ok(Vec::new());
    };
    let mut users = found.items;
    let exact = UserKey::Username(text.trim().to_owned());
    let exact = app.store.find_user(exact).await?;
    if let Some((exact, _)) = exact.filter(|(user, _)| user.active) {
        users.retain(|user| user.id != exact.id);
        users.insert(0, exact);
    }
    users.retain(|user| !except.contains(&Username::key(user.username.as_str())));
    users.truncate(limit);
    Ok(users)
}

fn may_search(actor: &Actor) -> bool {
    let holds = |permission| actor.grants.contains(permission);
    holds(Permission::ViewOutsideRoom) && holds(Permission::ViewDRoom)
}
