//! Registration: someone without a login creates their own account, with the secret of the
//! workspace. Source: Rocket.Chat `registerUser.ts`.

use super::{accept, refuse_unclear};
use crate::app::App;
use crate::domain::{
    Attribution, Disallowed, Email, Error, Field, Profile, Result, User, Username,
};
use std::net::IpAddr;

/// An account to register, not validated yet.
pub struct NewRegistration {
    /// The username.
    pub username: String,
    /// The display name. Blank means the username.
    pub name: String,
    /// The email address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The secret of the workspace.
    pub secret: String,
}

/// Creates an account with the role `user` for a client at `address` that knows the secret. The
/// secret is checked first: without it, nothing reveals which names are in use. Wrong secrets count
/// as failed logins from the address.
///
/// # Errors
/// `Disallowed { Registration | RegistrationWithoutSecret }`, `LoginBlocked`, `Invalid` for a name,
/// address or password, `Unavailable`.
pub async fn register(app: &App, new: NewRegistration, address: IpAddr) -> Result<User> {
    check_secret(app, &new.secret, address)?;
    let now = app.clock.now();
    let username = Username::parse(new.username)?;
    username.refuse_reserved(None)?;
    let name = Some(new.name).filter(|name| !name.trim().is_empty());
    let user = User {
        id: app.ids.user()?,
        name: name.unwrap_or_else(|| username.as_str().to_owned()),
        username,
        email: Some(Email::parse(new.email)?),
        roles: vec!["user".to_owned()],
        active: true,
        profile: Profile::default(),
        created_at: now,
        updated_at: now,
    };
    refuse_unclear(Field::FullName, &user.name)?;
    let password = accept(app, &new.password, &user.username, user.email.as_ref())?;
    let hash = app.auth.passwords.hash(password).await?;
    let attribution = Attribution::anonymous(now, address);
    let created = app.store.create_user(user.clone(), hash, attribution);
    created.await?;
    Ok(user)
}

fn check_secret(app: &App, secret: &str, address: IpAddr) -> Result<()> {
    if !app.auth.takes_registrations() {
        return Err(Error::Disallowed(Disallowed::Registration));
    }
    let (attempts, now) = (&app.auth.attempts, app.clock.now());
    let attempt = attempts.by_address(address);
    attempts.check(&attempt, now)?;
    if app.auth.may_register(secret)? {
        return Ok(());
    }
    attempts.failed(&attempt, now)?;
    Err(Error::Disallowed(Disallowed::RegistrationWithoutSecret))
}
