//! Sessions: login and logout.

use crate::app::App;
use crate::auth::passwords::PasswordDigest;
use crate::auth::tokens::TokenClaims;
use crate::domain::{
    Actor, Attribution, Blocked, Error, Login, LoginId, LoginKind, LoginOrigin, NewLogin, Origin,
    Requester, Result, Target, User, UserId, UserKey,
};
use crate::service::audit::{self, RefusedLogin};
use crate::service::authentication::authenticate_token;
use std::net::IpAddr;
use std::sync::Arc;

/// The means of a login.
pub enum LoginWith {
    /// A username or address with the digest of a password.
    Password {
        /// The user.
        user: UserKey,
        /// The digest of the password.
        digest: PasswordDigest,
    },
    /// A token that was issued earlier.
    Resume(String),
}

/// A successful login.
pub struct LoggedIn {
    /// The actor.
    pub actor: Arc<Actor>,
    /// The auth token for further requests.
    pub token: String,
}

/// Logs in and returns a token: a new one for a password, the same one for a token. Address and
/// `client` are shown in the list of logins. An unknown username takes as long as a wrong password
/// and gets the same error.
///
/// # Errors
/// `LoginRefused`, `Deactivated` (only after the right password), `LoginBlocked`, `Unavailable`.
pub async fn login(
    app: &App,
    with: LoginWith,
    address: IpAddr,
    client: Option<&str>,
) -> Result<LoggedIn> {
    match with {
        LoginWith::Resume(token) => {
            let actor = authenticate_token(app, &token).await.map_err(|e| match e {
                Error::Unauthenticated => Error::LoginRefused,
                other => other,
            })?;
            let attempts = &app.auth.attempts;
            attempts.recognise(address, &actor.user.id, app.clock.now());
            Ok(LoggedIn { actor, token })
        }
        LoginWith::Password { user, digest } => {
            let origin = LoginOrigin::new(address, client);
            login_by_password(app, user, digest, address, origin).await
        }
    }
}

/// Ends the login of the request, immediately and for all its tokens.
///
/// # Errors
/// `Unavailable`.
pub async fn logout(app: &App, actor: &Requester) -> Result<()> {
    let by = actor.by(app.clock.now());
    app.store
        .delete_login(actor.login.id.clone(), by)
        .await
        .map(drop)
}

/// Creates a login for `user` like one opened with a password: it expires, and ends when the
/// password changes.
pub(super) fn ordinary(app: &App, user: UserId) -> Result<Login> {
    let now = app.clock.now();
    Ok(Login {
        id: app.ids.login()?,
        user,
        kind: LoginKind::Password,
        created_at: now,
        expires_at: Some(now.after(app.rules.login_life)),
    })
}

/// Adds a login and signs its token.
///
/// # Errors
/// `Invalid { TokenName, Taken }` for a token name in use, `NotFound`, `Unavailable`.
pub(super) async fn open(app: &App, new: NewLogin, attribution: Attribution) -> Result<String> {
    let (login, token) = sign(app, new.login)?;
    let new = NewLogin { login, ..new };
    app.store.create_login(new, attribution).await?;
    Ok(token)
}

/// Signs the token of a login that is not stored yet. A personal access token's login keeps the
/// last characters of its token.
pub(crate) fn sign(app: &App, mut login: Login) -> Result<(Login, String)> {
    let token = app.auth.tokens.sign(&TokenClaims::from(&login))?;
    if let LoginKind::Token { tail, .. } = &mut login.kind {
        *tail = token
            .get(token.len().saturating_sub(6)..)
            .unwrap_or_default()
            .to_owned();
    }
    Ok((login, token))
}

async fn login_by_password(
    app: &App,
    key: UserKey,
    digest: PasswordDigest,
    address: IpAddr,
    origin: LoginOrigin,
) -> Result<LoggedIn> {
    let attempts = &app.auth.attempts;
    let attempt = attempts.by_name(address, &key);
    match attempts.check_address(&attempt, app.clock.now()) {
        Err(
            refused @ Error::LoginBlocked {
                blocked: Blocked::User,
                ..
            },
        ) => {
            lift(app, key.clone(), refused).await?;
            attempts.check_address(&attempt, app.clock.now())?;
        }
        checked => checked?,
    }
    let found = app.store.find_user(key).await?;
    if let Some((user, _)) = &found {
        forgive(app, user);
        load_addresses(app, &user.id).await?;
    }
    let attempt = attempts.on(attempt, found.as_ref().map(|(user, _)| &user.id));
    attempts.check(&attempt, app.clock.now())?;
    let target = found
        .as_ref()
        .map(|(user, _)| Target::user(&user.id, &user.username));
    let checked = check_password(app, found, digest, address).await;
    let judged = match &checked {
        Ok(_) | Err(Error::Deactivated) => attempts.succeeded(&attempt, app.clock.now()),
        Err(Error::LoginRefused) => attempts.failed(&attempt, app.clock.now()),
        Err(_) => Ok(()),
    };
    if let Some(reason) = why_refused(&checked, &judged) {
        let refused = RefusedLogin {
            attempt,
            target,
            address,
            reason,
        };
        audit::login_refused(app, refused).await;
    }
    judged?;
    let (user, hash) = checked?;
    let login = ordinary(app, user.id.clone())?;
    let id = login.id.clone();
    let by = user.by(login.created_at).through(Origin::Client(address));
    let new = NewLogin {
        origin,
        most: Some(app.rules.logins_per_user),
        ..login.into()
    };
    let token = open(app, new, by.attribution()).await?;
    refuse_outdated(app, &user, &hash, id).await?;
    Ok(LoggedIn {
        actor: authenticate_token(app, &token).await?,
        token,
    })
}

/// Returns why a login was refused, for administrators. `None` if it was not refused, or not
/// judged.
const fn why_refused(
    checked: &Result<(User, String)>,
    judged: &Result<()>,
) -> Option<&'static str> {
    match (checked, judged) {
        (Err(Error::LoginRefused), Ok(())) => Some("wrong password"),
        (Err(Error::Deactivated), Ok(())) => Some("deactivated"),
        (_, Err(Error::LoginRefused)) => Some("blocked by failures under another name"),
        _ => None,
    }
}

/// Succeeds if the user of a blocked name was unblocked since, which lifts the block.
///
/// # Errors
/// `refused` in all other cases, `Unavailable`.
async fn lift(app: &App, key: UserKey, refused: Error) -> Result<()> {
    match app.store.find_user(key).await? {
        Some((user, _)) if forgive(app, &user) => Ok(()),
        _ => Err(refused),
    }
}

/// Resets the failed logins of a user that the operator or an administrator unblocked. Returns
/// whether the unblocking was new.
pub(super) fn forgive(app: &App, user: &User) -> bool {
    let is_news = app.auth.unblocks.take(user);
    if is_news {
        app.auth.attempts.unblock(user);
    }
    is_news
}

/// Loads the addresses of a user's earlier logins, unless the throttle has them already. A restart
/// forgets them, and failed logins from elsewhere must not lock the user out there.
///
/// # Errors
/// `Unavailable`.
pub(super) async fn load_addresses(app: &App, user: &UserId) -> Result<()> {
    let attempts = &app.auth.attempts;
    if let Some(most) = attempts.addresses_to_load(user) {
        let stored = app.store.list_login_addresses(user.clone(), most).await?;
        attempts.load_addresses(user, stored);
    }
    Ok(())
}

/// Ends a new login if the user's password has changed in the meantime. A password change after the
/// login was stored ends it by itself. This catches a change made while the old password was still
/// being verified.
async fn refuse_outdated(app: &App, user: &User, checked: &str, login: LoginId) -> Result<()> {
    match app.store.find_user(UserKey::Id(user.id.clone())).await? {
        Some((_, hash)) if hash == checked => Ok(()),
        _ => {
            let by = user.by(app.clock.now());
            app.store.delete_login(login, by).await?;
            Err(Error::LoginRefused)
        }
    }
}

/// Returns the user and the verified hash if the password is right. Does the same work if no user
/// was found.
async fn check_password(
    app: &App,
    found: Option<(User, String)>,
    digest: PasswordDigest,
    address: IpAddr,
) -> Result<(User, String)> {
    let hash = found.as_ref().map(|(_, hash)| hash.clone());
    let passwords = &app.auth.passwords;
    let right = passwords.verify(Some(address), hash, digest).await?;
    match found {
        Some((user, hash)) if right && user.active => Ok((user, hash)),
        Some(_) if right => Err(Error::Deactivated),
        _ => Err(Error::LoginRefused),
    }
}
