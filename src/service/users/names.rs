//! Usernames that a user could take: whether one is available, and suggestions. Source: Rocket.Chat
//! `checkUsernameAvailability.ts`, `getUsernameSuggestion.ts`.

use crate::app::App;
use crate::domain::{
    Actor, Disallowed, Error, Result, Setting, User, UserKey, UserQuery, UserSearch, Username,
    suggested_usernames,
};

/// How many numbers are tried after the last suggestion. Numbers begin where few are taken.
const NUMBERS: u64 = 100;

/// Returns whether the actor could have the username `name`: no other user has it.
///
/// # Errors
/// `Disallowed` if users may not change their username, `Invalid { Username, Missing | NotValid |
/// Reserved }` for a name that no one can take, `Unavailable`.
pub async fn is_available(app: &App, actor: &Actor, name: &str) -> Result<bool> {
    if !app.settings().await?.is_on(Setting::AllowUsernameChange) {
        return Err(Error::Disallowed(Disallowed::Username));
    }
    if actor.user.username.as_str() == name {
        return Ok(true);
    }
    let name = Username::parse(name.to_owned())?;
    name.refuse_reserved(None)?;
    let holder = holder(app, name.as_str()).await?;
    Ok(holder.is_none_or(|holder| holder.id == actor.user.id))
}

/// Returns an available username made from the actor's name or verified address, or `None` if none
/// was found.
///
/// # Errors
/// `Unavailable`.
pub async fn suggest(app: &App, actor: &Actor) -> Result<Option<String>> {
    let candidates = suggested_usernames(&actor.user);
    for name in &candidates {
        if is_free(app, name).await? {
            return Ok(Some(name.clone()));
        }
    }
    let base = candidates.first().map_or("user", String::as_str);
    let numbered = format!("{base}-");
    let query = UserQuery {
        search: Some(UserSearch::Names(numbered.clone())),
        limit: Some(0),
        ..UserQuery::default()
    };
    let first = app.store.list_users(query).await?.total;
    for number in first..first + NUMBERS {
        let name = format!("{numbered}{number}");
        if is_free(app, &name).await? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

async fn is_free(app: &App, name: &str) -> Result<bool> {
    let is_reserved = Username::parse(name.to_owned())?
        .refuse_reserved(None)
        .is_err();
    Ok(!is_reserved && holder(app, name).await?.is_none())
}

async fn holder(app: &App, name: &str) -> Result<Option<User>> {
    let found = app.store.find_user(UserKey::Username(name.to_owned()));
    Ok(found.await?.map(|(user, _)| user))
}
