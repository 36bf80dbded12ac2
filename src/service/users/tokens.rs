//! Tokens created by authenticated users: personal access tokens for themselves, and tokens for
//! others with the configured secret. Source: Rocket.Chat `personalAccessTokens:*` and
//! `users.createToken`.

use super::{is_self, missing, refuse_unclear};
use crate::app::App;
use crate::domain::{
    Actor, Error, Field, Login, LoginKind, NewLogin, Permission, Requester, Result, UserId, What,
};
use crate::service::session;

/// Creates a personal access token that lasts until it is removed. Returns the token, which is
/// shown only once.
///
/// # Errors
/// `Forbidden`, `Invalid { TokenName, Missing | Taken | TooLong }`, `Unavailable`.
pub async fn generate(
    app: &App,
    actor: &Requester,
    name: String,
    bypass_two_factor: bool,
) -> Result<String> {
    actor.require(Permission::CreatePersonalAccessTokens)?;
    let login = personal(app, actor.user.id.clone(), name, bypass_two_factor)?;
    let attribution = actor.attribution(app.clock.now());
    session::open(app, asked_by(actor, login), attribution).await
}

/// Replaces the actor's token of this name. The old one ends at once.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn regenerate(app: &App, actor: &Requester, name: String) -> Result<String> {
    actor.require(Permission::CreatePersonalAccessTokens)?;
    let bypass_two_factor = match named(app, actor, &name).await?.kind {
        LoginKind::Token {
            bypass_two_factor, ..
        } => bypass_two_factor,
        LoginKind::Password => false,
    };
    let login = personal(app, actor.user.id.clone(), name, bypass_two_factor)?;
    let (login, token) = session::sign(app, login)?;
    let by = actor.by(app.clock.now());
    app.store.replace_token(login, by).await?;
    Ok(token)
}

/// Returns the actor's personal access tokens, oldest first.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Login>> {
    actor.require(Permission::CreatePersonalAccessTokens)?;
    let (id, now) = (actor.user.id.clone(), app.clock.now());
    let mut logins = app.store.list_logins(id).await?;
    logins.retain(|login| login.is_live(now) && login.token_name().is_some());
    Ok(logins)
}

/// Removes the actor's token of this name.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn remove(app: &App, actor: &Requester, name: &str) -> Result<()> {
    actor.require(Permission::CreatePersonalAccessTokens)?;
    let login = named(app, actor, name).await?;
    let by = actor.by(app.clock.now());
    app.store.delete_login(login.id, by).await.map(drop)
}

/// Logs a user in without a password, for programs that know the configured secret. Disabled if no
/// secret is configured.
///
/// # Errors
/// `Forbidden` for a wrong secret, for another user without `user-generate-access-token` and for a
/// deactivated user; `NotFound`, `Unavailable`.
pub async fn create_for(
    app: &App,
    actor: &Requester,
    user: UserId,
    secret: &str,
) -> Result<String> {
    let refused = Error::Forbidden {
        needs: Permission::GenerateAccessToken,
    };
    if !app.auth.may_create_tokens(secret)? {
        return Err(refused);
    }
    if !is_self(actor, &user) {
        actor.require(Permission::GenerateAccessToken)?;
    }
    let attribution = actor.attribution(app.clock.now());
    let new = NewLogin {
        most: Some(app.rules.logins_per_user),
        ..asked_by(actor, session::ordinary(app, user)?)
    };
    let opened = session::open(app, new, attribution).await;
    opened.map_err(|e| match e {
        Error::Deactivated => refused,
        other => other,
    })
}

/// Makes a login conditional on the one that requests it: a token being created must not survive a
/// "log out everywhere".
fn asked_by(actor: &Actor, login: Login) -> NewLogin {
    NewLogin {
        asked_by: Some(actor.login.id.clone()),
        ..login.into()
    }
}

/// Creates a personal access token login for `user` that lasts until it is removed.
pub(super) fn personal(
    app: &App,
    user: UserId,
    name: String,
    bypass_two_factor: bool,
) -> Result<Login> {
    if name.trim().is_empty() {
        return Err(missing(Field::TokenName));
    }
    refuse_unclear(Field::TokenName, &name)?;
    Ok(Login {
        id: app.ids.login()?,
        user,
        kind: LoginKind::Token {
            name,
            tail: String::new(),
            bypass_two_factor,
        },
        created_at: app.clock.now(),
        expires_at: None,
    })
}

async fn named(app: &App, actor: &Actor, name: &str) -> Result<Login> {
    among(list(app, actor).await?, name)
}

/// Returns the token of this name among `logins`.
pub(super) fn among(logins: Vec<Login>, name: &str) -> Result<Login> {
    let mut logins = logins.into_iter();
    let found = logins.find(|login| login.token_name() == Some(name));
    found.ok_or_else(|| Error::NotFound(What::Login(name.to_owned())))
}
