//! Who is asking: logging in, being recognised, logging out. Knows nothing of where the credentials stood in a request.

use crate::app::App;
use crate::auth::passwords::PasswordDigest;
use crate::auth::session_cache::Fingerprint;
use crate::auth::tokens::TokenClaims;
use crate::domain::UserKey;
use crate::domain::{
    Actor, Attribution, Blocked, Error, Login, LoginId, LoginKind, LoginOrigin, Origin, Requester,
    Result, Session, Target, User, UserId,
};
use crate::service::audit::{self, RefusedLogin};
use crate::store::{ChangeKind, NewLogin};
use std::net::IpAddr;
use std::sync::Arc;

/// What a request shows to say who it is from; nothing of it is checked yet.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The auth token.
    pub token: &'a str,
}

/// What somebody logs in with.
pub enum LoginWith {
    /// A name or address, and the password's digest.
    Password {
        /// Who it is.
        user: UserKey,
        /// The password.
        digest: PasswordDigest,
    },
    /// A token that was handed out earlier.
    Resume(String),
}

/// A login that worked.
pub struct LoggedIn {
    /// Who it is.
    pub actor: Arc<Actor>,
    /// The auth token for further requests.
    pub token: String,
}

/// The actor behind the credentials: token and user id belong together, the login is there and live, the user active.
///
/// # Errors
/// `Unauthenticated`, without saying why; `Unavailable`.
pub async fn authenticate(app: &App, credentials: Option<Credentials<'_>>) -> Result<Arc<Actor>> {
    let credentials = credentials.ok_or(Error::Unauthenticated)?;
    let actor = recognise(app, credentials.token).await?;
    if actor.user.id.as_str() == credentials.user {
        Ok(actor)
    } else {
        Err(Error::Unauthenticated)
    }
}

/// Whether the login behind a token still counts.
pub enum LoginState {
    /// It does; the actor as of now.
    Valid(Arc<Actor>),
    /// It does not, and never will again.
    Ended,
    /// The store cannot say at the moment. Ask again, and send nothing meanwhile.
    Unknown,
}

/// Asks the store, not the cache, whether the login behind a token still counts.
pub async fn login_state(app: &App, token: &str) -> LoginState {
    match read_actor(app, token).await {
        Ok(actor) if actor.login.is_live(app.clock.now()) => LoginState::Valid(Arc::new(actor)),
        Ok(_) | Err(Error::Unauthenticated) => LoginState::Ended,
        Err(_) => LoginState::Unknown,
    }
}

/// That an actor was authenticated, and as of which version of what logins depend on.
pub struct Proof {
    version: u64,
    actor: Arc<Actor>,
}

/// As [`authenticate`], for a request whose body is still to come.
///
/// # Errors
/// As [`authenticate`].
pub async fn prove(app: &App, credentials: Option<Credentials<'_>>) -> Result<Proof> {
    let version = app.store.version(ChangeKind::Access);
    let actor = authenticate(app, credentials).await?;
    Ok(Proof { version, actor })
}

impl Proof {
    /// The actor that was authenticated.
    #[must_use]
    pub fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }

    /// Whether nothing has changed since that could have ended the login.
    #[must_use]
    pub fn holds(&self, app: &App) -> bool {
        self.version == app.store.version(ChangeKind::Access)
            && self.actor.login.is_live(app.clock.now())
    }
}

/// Checks who it is and hands out a token: a new one for a password, the same one for a token. The list of logins shows the address and
/// what the `client` calls itself.
/// A name that nobody has takes as long as a wrong password, and is answered alike.
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

/// Ends the login that the request came in with, at once and for every token of it.
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

/// A login of `user` such as a password opens: it ends by itself, and with that password.
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

/// The token of a login that is yet to be added, and the login, which keeps the end of a personal access token.
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

/// The actor behind a token that stands for itself.
///
/// # Errors
/// `Unauthenticated`, `Unavailable`.
pub async fn recognise(app: &App, token: &str) -> Result<Arc<Actor>> {
    let fingerprint = Fingerprint::of(token.as_bytes());
    // Taken before the rows are read: what changes meanwhile makes the answer worthless for the next request.
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

/// Why a login is refused, for administrators. `None`: it is not, or it was not judged.
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

/// Passes when the user of a name that is blocked was unblocked, so that the block is gone.
///
/// # Errors
/// `refused` for everybody else, `Unavailable`.
async fn lift(app: &App, key: UserKey, refused: Error) -> Result<()> {
    match app.store.find_user(key).await? {
        Some((user, _)) if forgive(app, &user) => Ok(()),
        _ => Err(refused),
    }
}

/// Forgives the failed logins of a user whom the operator or an administrator has unblocked. Answers whether that was news.
pub(super) fn forgive(app: &App, user: &User) -> bool {
    let is_news = app.auth.unblocks.take(user);
    if is_news {
        app.auth.attempts.unblock(user);
    }
    is_news
}

/// Loads where a user has logged in before, unless the throttle knows it already: a restart forgets it, and failed logins from
/// elsewhere must not lock the user out there.
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

/// Ends a login that was made although its user has another password by now. A password that is set after the login was made ends it
/// by itself; one that was set while the old one was still being checked is seen here.
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

/// The user that was found, if this is the password, and the hash it was checked against. Does the
/// same work when nobody was found.
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
