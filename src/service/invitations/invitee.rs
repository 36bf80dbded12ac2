//! The users that an invitation creates.

use crate::app::{App, Ids};
use crate::auth::passwords::PasswordDigest;
use crate::domain::{ADMIN, Caller, Email, Field, Profile, Result, User, Username};
use crate::service::users;

/// A user to invite, not validated yet.
#[derive(Debug, Clone, Default)]
pub struct Invitee {
    /// The username.
    pub username: String,
    /// The display name. Blank means the username.
    pub name: String,
    /// The email address. Empty means none.
    pub email: String,
    /// The role ids. Empty means `user`.
    pub roles: Vec<String>,
}

/// Checks an invitee, except whether the names are taken.
///
/// # Errors
/// `Forbidden` (`assign-admin-role`), `Invalid`, `Unavailable`.
pub(super) async fn check_invitee(app: &App, caller: Caller<'_>, new: Invitee) -> Result<User> {
    let roles = Some(new.roles).filter(|roles| !roles.is_empty());
    let mut roles = roles.unwrap_or_else(|| vec!["user".to_owned()]);
    roles.sort();
    roles.dedup();
    users::refuse_unknown_roles(app, &roles).await?;
    let reserved = match caller {
        Caller::Operator => Some(ADMIN),
        Caller::Requester(actor) => {
            users::check_roles(app, actor, &roles).await?;
            None
        }
    };
    let username = Username::parse(new.username)?;
    username.refuse_reserved(reserved)?;
    let name = Some(new.name).filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| username.as_str().to_owned());
    users::refuse_unclear(Field::FullName, &name)?;
    let email = Some(new.email).filter(|email| !email.is_empty());
    let now = app.clock.now();
    Ok(User {
        id: app.ids.user()?,
        username,
        name,
        email: email.map(Email::parse).transpose()?,
        roles,
        active: true,
        profile: Profile::default(),
        created_at: now,
        updated_at: now,
    })
}

/// Returns the hash of a password that no one knows.
pub(super) async fn unknown_password(app: &App) -> Result<String> {
    let password = PasswordDigest::of(&Ids::password()?);
    app.auth.passwords.hash(password).await
}
