//! Sessions: login, authentication and logout.

use crate::app::App;
use crate::auth::passwords::PasswordDigest;
use crate::auth::session_cache::Fingerprint;
use crate::auth::tokens::TokenClaims;
use crate::domain::{
    Actor, Attribution, Blocked, Error, Login, LoginId, LoginKind, LoginOrigin, Origin, Requester,
    Result, Session, Target, User, UserId,
};
use crate::domain::{NewLogin, UserKey};
use crate::service::audit::{self, RefusedLogin};
use crate::store::ChangeKind;
use std::net::IpAddr;
use std::sync::Arc;

/// The credentials of a request, not validated yet.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The auth token.
    pub token: &'a str,
}

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

/// Returns the actor for the credentials. The token and the user id must match, the login must be
/// live and the user active.
///
/// # Errors
/// `Unauthenticated`, without a reason; `Unavailable`.
pub async fn authenticate(app: &App, credentials: Option<Credentials<'_>>) -> Result<Arc<Actor>> {
    let credentials = credentials.ok_or(Error::Unauthenticated)?;
    let actor = recognise(app, credentials.token).await?;
    if actor.user.id.as_str() == credentials.user {
        Ok(actor)
    } else {
        Err(Error::Unauthenticated)
    }
}

/// The state of the login of a token.
pub enum LoginState {
    /// Valid, with the current actor.
    Valid(Arc<Actor>),
    /// Permanently ended.
    Ended,
    /// The store cannot answer at the moment. Retry, and send nothing meanwhile.
    Unknown,
}

/// Reads the state of the login of a token from the store, bypassing the cache.
pub async fn login_state(app: &App, token: &str) -> LoginState {
    match read_actor(app, token).await {
        Ok(actor) if actor.login.is_live(app.clock.now()) => LoginState::Valid(Arc::new(actor)),
        Ok(_) | Err(Error::Unauthenticated) => LoginState::Ended,
        Err(_) => LoginState::Unknown,
    }
}

/// The proof that an actor was authenticated, with the access version at that time.
pub struct Proof {
    version: u64,
    actor: Arc<Actor>,
}

/// Like [`authenticate`], for a request whose body has not arrived yet.
///
/// # Errors
/// As for [`authenticate`].
pub async fn prove(app: &App, credentials: Option<Credentials<'_>>) -> Result<Proof> {
    let version = app.store.version(ChangeKind::Access);
    let actor = authenticate(app, credentials).await?;
    Ok(Proof { version, actor })
}

impl Proof {
    /// Returns the authenticated actor.
    #[must_use]
    pub fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }

    /// Returns whether nothing that could have ended the login has changed since.
    #[must_use]
    pub fn holds(&self, app: &App) -> bool {
        self.version == app.store.version(ChangeKind::Access)
            && self.actor.login.is_live(app.clock.now())
    }
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
            let actor = recognise(app, &token).await.map_err(|e| match e {
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

/// Returns the actor for a token alone.
///
/// # Errors
/// `Unauthenticated`, `Unavailable`.
pub async fn recognise(app: &App, token: &str) -> Result<Arc<Actor>> {
    let fingerprint = Fingerprint::of(token.as_bytes());
    // Taken before the rows are read: a concurrent change invalidates the cached actor for the next
    // request.
    let version = app.store.version(ChangeKind::Access);
    let now = app.clock.now();
    let actor = match app.auth.sessions.find(version, &fingerprint, now) {
        Some(actor) => actor,
        None => {
            let actor = Arc::new(read_actor(app, token).await?);
            app.auth
                .sessions
                .remember(version, fingerprint, actor.clone(), now);
            actor
        }
    };
    if actor.login.is_live(now) {
        Ok(actor)
    } else {
        Err(Error::Unauthenticated)
    }
}

async fn read_actor(app: &App, token: &str) -> Result<Actor> {
    let claims = app
        .auth
        .tokens
        .verify(token)
        .ok_or(Error::Unauthenticated)?;
    match app.store.find_session(claims.login).await? {
        Some(Session {
            login,
            user,
            grants,
        }) if user.active && user.id == claims.user => Ok(Actor {
            user,
            login,
            grants,
        }),
        _ => Err(Error::Unauthenticated),
    }
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
        actor: recognise(app, &token).await?,
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
