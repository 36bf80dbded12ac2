//! Authentication: which actor sends a request.

use crate::app::App;
use crate::auth::session_cache::Fingerprint;
use crate::domain::{Actor, Error, Result, Session};
use crate::store::ChangeKind;
use std::sync::Arc;

/// The credentials of a request, not validated yet.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The auth token.
    pub token: &'a str,
}

/// Returns the actor for the credentials. The token and the user id must match, the login must be
/// live and the user active.
///
/// # Errors
/// `Unauthenticated`, without a reason; `Unavailable`.
pub async fn authenticate(app: &App, credentials: Option<Credentials<'_>>) -> Result<Arc<Actor>> {
    let credentials = credentials.ok_or(Error::Unauthenticated)?;
    let actor = authenticate_token(app, credentials.token).await?;
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
    /// The store cannot answer at the moment, for this reason. Retry, and send nothing meanwhile.
    Unknown(Error),
}

/// Reads the state of the login of a token from the store, bypassing the cache.
pub async fn login_state(app: &App, token: &str) -> LoginState {
    match read_actor(app, token).await {
        Ok(actor) if actor.login.is_live(app.clock.now()) => LoginState::Valid(Arc::new(actor)),
        Ok(_) | Err(Error::Unauthenticated) => LoginState::Ended,
        Err(error) => LoginState::Unknown(error),
    }
}

/// An actor who was authenticated before the body arrived, with the access version at that time.
pub struct EarlyAuthentication {
    version: u64,
    actor: Arc<Actor>,
}

/// Like [`authenticate`], for a request whose body has not arrived yet.
///
/// # Errors
/// As for [`authenticate`].
pub async fn authenticate_early(
    app: &App,
    credentials: Option<Credentials<'_>>,
) -> Result<EarlyAuthentication> {
    let version = app.store.version(ChangeKind::Access);
    let actor = authenticate(app, credentials).await?;
    Ok(EarlyAuthentication { version, actor })
}

impl EarlyAuthentication {
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

/// Returns the actor for a token alone.
///
/// # Errors
/// `Unauthenticated`, `Unavailable`.
pub async fn authenticate_token(app: &App, token: &str) -> Result<Arc<Actor>> {
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
