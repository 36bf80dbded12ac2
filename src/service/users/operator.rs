//! The operator's use cases for users and tokens, on the command line. Write access to the data
//! folder allows anything, so no permission is checked. The affected user is recorded as the author
//! of a change.

use super::{accept, missing, refuse_unclear, tokens};
use crate::app::App;
use crate::domain::{
    ADMIN, Attribution, By, Email, Error, Field, Login, Origin, PresencePolicy, Problem, Profile,
    Result, RoleChange, User, UserId, UserKey, UserPatch, Username,
};
use crate::service::{permissions, session};
use std::time::Duration;

/// A user to create.
#[derive(Clone)]
pub struct NewUser {
    /// The username.
    pub username: String,
    /// The display name. Defaults to the username.
    pub name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// The role ids.
    pub roles: Vec<String>,
    /// The password.
    pub password: String,
}

/// Creates an active user.
///
/// # Errors
/// `Invalid` for a name, address, password or role, or if the name or address is taken;
/// `Unavailable`.
pub async fn create(app: &App, new: NewUser) -> Result<User> {
    let attribution = Attribution::operator(app.clock.now());
    CheckedUser::check(app, new)
        .await?
        .create(app, attribution)
        .await
}

/// A user who can be created unless the name or address is taken.
pub struct CheckedUser {
    user: User,
    password_hash: String,
}

impl CheckedUser {
    /// Checks `new` and hashes the password.
    ///
    /// # Errors
    /// `Invalid` for a name, address, password or role; `Unavailable`.
    pub async fn check(app: &App, new: NewUser) -> Result<Self> {
        let now = app.clock.now();
        let username = Username::parse(new.username)?;
        let user = User {
            id: app.ids.user()?,
            name: new.name.unwrap_or_else(|| username.as_str().to_owned()),
            username,
            email: new.email.map(Email::parse).transpose()?,
            roles: new.roles,
            active: true,
            profile: Profile::default(),
            created_at: now,
            updated_at: now,
        };
        // The first start uses this name for the administrator.
        user.username.refuse_reserved(Some(ADMIN))?;
        refuse_unclear(Field::FullName, &user.name)?;
        let password = accept(app, &new.password, &user.username, user.email.as_ref())?;
        refuse_unknown_roles(app, &user.roles).await?;
        let password_hash = app.auth.passwords.hash(password).await?;
        Ok(Self {
            user,
            password_hash,
        })
    }

    /// Creates the user, attributed to the author in `attribution`.
    ///
    /// # Errors
    /// `Invalid` if the name or address is taken; `Unavailable`.
    pub async fn create(self, app: &App, attribution: Attribution) -> Result<User> {
        let Self {
            user,
            password_hash,
        } = self;
        app.store
            .create_user(user.clone(), password_hash, attribution)
            .await?;
        Ok(user)
    }
}

/// Rejects roles that do not exist, with a list of those that do.
pub(in crate::service) async fn refuse_unknown_roles(app: &App, given: &[String]) -> Result<()> {
    let known = permissions::list_roles(app).await?;
    let is_unknown = |id: &&String| known.iter().all(|role| role.id != **id);
    let Some(unknown) = given.iter().find(is_unknown) else {
        return Ok(());
    };
    let known: Vec<_> = known.into_iter().map(|role| role.id).collect();
    let reason = format!("unknown role {unknown:?}: use {}", known.join(", "));
    Err(Error::invalid(Field::Role, Problem::Refused(reason)))
}

/// Returns whether there is at least one user.
///
/// # Errors
/// `Unavailable`.
pub async fn exist(app: &App) -> Result<bool> {
    app.store.has_users().await
}

/// Sets a display name.
///
/// # Errors
/// `NotFound`, `Invalid { FullName }`, `Unavailable`.
pub async fn set_name(app: &App, username: &str, name: &str) -> Result<()> {
    refuse_unclear(Field::FullName, name)?;
    if name.trim().is_empty() {
        return Err(missing(Field::FullName));
    }
    let patch = UserPatch {
        name: Some(name.to_owned()),
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Sets an email address. A new one is unverified.
///
/// # Errors
/// `NotFound`, `Invalid { Email }`, `Unavailable`.
pub async fn set_email(app: &App, username: &str, address: &str) -> Result<()> {
    let patch = UserPatch {
        email: Some(Email::parse(address.to_owned())?),
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Sets a username. Logins and tokens stay valid.
///
/// # Errors
/// `NotFound`, `Invalid { Username }`, `Unavailable`.
pub async fn set_username(app: &App, username: &str, new: &str) -> Result<()> {
    let new = Username::parse(new.to_owned())?;
    new.refuse_reserved(Some(ADMIN))?;
    let patch = UserPatch {
        username: Some(new),
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Sets a password, ends the user's password logins and lifts the block after failed logins.
/// Personal access tokens stay.
///
/// # Errors
/// `NotFound`, `Invalid { Password, Missing | Weak }`, `Unavailable`.
pub async fn set_password(app: &App, username: &str, password: &str) -> Result<()> {
    let user = find(app, username).await?;
    let password = accept(app, password, &user.username, user.email.as_ref())?;
    let patch = UserPatch {
        password_hash: Some(app.auth.passwords.hash(password).await?),
        unblock: true,
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Lifts a user's block after failed logins, for every address.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn unblock(app: &App, username: &str) -> Result<()> {
    let patch = UserPatch {
        unblock: true,
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Replaces a user's roles.
///
/// # Errors
/// `NotFound`, `Invalid { Role, Refused }`, `LastAdministrator`, `Unavailable`.
pub async fn set_roles(app: &App, username: &str, roles: Vec<String>) -> Result<()> {
    refuse_unknown_roles(app, &roles).await?;
    let patch = UserPatch {
        roles: Some(RoleChange::Replace(roles)),
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Activates or deactivates a user. Deactivation ends all logins, including tokens.
///
/// # Errors
/// `NotFound`, `LastAdministrator`, `Unavailable`.
pub async fn set_active(app: &App, username: &str, active: bool) -> Result<()> {
    let patch = UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Sets the presence policy of a user.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn set_presence_policy(app: &App, username: &str, policy: PresencePolicy) -> Result<()> {
    let patch = UserPatch {
        presence_policy: Some(policy),
        ..UserPatch::default()
    };
    update(app, username, patch).await
}

/// Deletes a user with every login and token.
///
/// # Errors
/// `NotFound`, `LastAdministrator`, `Unavailable`.
pub async fn delete(app: &App, username: &str) -> Result<()> {
    let user = find(app, username).await?;
    let by = by_operator(app, &user);
    app.store.delete_user(user.id, by).await
}

/// Creates a personal access token that lasts for `life`, or until it is revoked. Returns the
/// user's id and the token, which is shown only once.
///
/// # Errors
/// `NotFound`, `Deactivated`, `Invalid { TokenName }` if the name is blank, too long or in use,
/// `Unavailable`.
pub async fn create_token(
    app: &App,
    username: &str,
    name: &str,
    life: Option<Duration>,
) -> Result<(UserId, String)> {
    let user = find(app, username).await?;
    let mut login = tokens::personal(app, user.id.clone(), name.to_owned(), false)?;
    login.expires_at = life.map(|life| login.created_at.after(life));
    let attribution = Attribution::operator(app.clock.now());
    let token = session::open(app, login.into(), attribution).await?;
    Ok((user.id, token))
}

/// Returns a user's live logins and tokens, oldest first.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn list_logins(app: &App, username: &str) -> Result<Vec<Login>> {
    let (user, now) = (find(app, username).await?, app.clock.now());
    let mut logins = app.store.list_logins(user.id).await?;
    logins.retain(|login| login.is_live(now));
    Ok(logins)
}

/// Revokes a user's personal access token by name.
///
/// # Errors
/// `NotFound` for the user or the token, `Unavailable`.
pub async fn revoke_token(app: &App, username: &str, name: &str) -> Result<()> {
    let user = find(app, username).await?;
    let by = by_operator(app, &user);
    let logins = app.store.list_logins(user.id).await?;
    let login = tokens::among(logins, name)?;
    app.store.delete_login(login.id, by).await.map(drop)
}

async fn find(app: &App, username: &str) -> Result<User> {
    let key = UserKey::Username(username.to_owned());
    super::find(app, key).await.map(|(user, _)| user)
}

async fn update(app: &App, username: &str, patch: UserPatch) -> Result<()> {
    let user = find(app, username).await?;
    let by = by_operator(app, &user);
    app.store.update_user(user.id, patch, by).await.map(drop)
}

/// Returns the operator as the author of a change of `user` made now.
pub(crate) fn by_operator(app: &App, user: &User) -> By {
    user.by(app.clock.now()).through(Origin::Operator)
}
