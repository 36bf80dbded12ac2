//! The use of a link by the person who holds it. No login is needed: the token is the credential.

use crate::app::App;
use crate::auth::opaque_token::digest;
use crate::domain::{
    Acceptance, Error, InvitationRecord, LinkEnd, LoginOrigin, NewLogin, Origin, Result, UserKey,
};
use crate::service::authentication::authenticate_token;
use crate::service::session::{self, LoggedIn};
use crate::service::users;
use std::net::IpAddr;

/// The client that uses a link.
#[derive(Debug, Clone, Copy)]
pub struct Acceptor<'a> {
    /// Its address.
    pub address: IpAddr,
    /// Its user agent.
    pub client: Option<&'a str>,
}

/// Returns the open link with this token. Reads one row, and changes nothing: a preview of the link
/// does not use it up.
///
/// # Errors
/// `LinkEnded`, `Unavailable`.
pub async fn look(app: &App, token: &str) -> Result<InvitationRecord> {
    let found = app.store.find_invitation(digest(token)).await?;
    let record = found.ok_or(Error::LinkEnded(LinkEnd::Unknown))?;
    record.invitation.require_open(app.clock.now())?;
    Ok(record)
}

/// Sets the password of the user of the link, and logs the user in. The link is checked before the
/// password is hashed, so that a stranger causes no expensive work.
///
/// # Errors
/// `LinkEnded`, `Deactivated`, `Invalid { Password, Missing | Weak }`, `Unavailable`.
pub async fn accept(
    app: &App,
    token: &str,
    password: &str,
    acceptor: Acceptor<'_>,
) -> Result<LoggedIn> {
    let record = look(app, token).await?;
    let (user, _) = users::find(app, UserKey::Id(record.invitation.user)).await?;
    if !user.active {
        return Err(Error::Deactivated);
    }
    let password = users::accept(app, password, &user.username, user.email.as_ref())?;
    let password_hash = app.auth.passwords.hash(password).await?;
    let (login, auth_token) = session::sign(app, session::ordinary(app, user.id.clone())?)?;
    let now = login.created_at;
    let login = NewLogin {
        origin: LoginOrigin::new(acceptor.address, acceptor.client),
        ..login.into()
    };
    let acceptance = Acceptance {
        token_hash: digest(token),
        password_hash,
        login,
    };
    let by = user.by(now).through(Origin::Client(acceptor.address));
    let user = app.store.accept_invitation(acceptance, by).await?;
    let attempts = &app.auth.attempts;
    attempts.recognise(acceptor.address, &user.id, now);
    Ok(LoggedIn {
        actor: authenticate_token(app, &auth_token).await?,
        token: auth_token,
    })
}
