//! The operator's use cases for claims, used from the command line by a calendar, a telephone
//! system or a script. Write access to the data folder allows anything, so no permission or
//! workspace setting is checked here.

use crate::app::App;
use crate::domain::{
    Claim, ClaimSource, Presence, Result, StatusText, Timestamp, User, UserKey, UserStatus,
    check_expiry,
};
use crate::service::presence::{self, VisiblePresence};
use crate::service::users;
use crate::store::{ClaimEffect, PresenceChange};
use std::sync::{Arc, Mutex, PoisonError};

/// A claim to make.
#[derive(Debug, Clone)]
pub struct NewClaim {
    /// The source.
    pub source: ClaimSource,
    /// The claimed status.
    pub status: UserStatus,
    /// The text shown with it. Truncated if it is too long.
    pub text: String,
    /// When it expires. `None`: only when it is ended.
    pub expires_at: Option<Timestamp>,
}

/// How a user appears after a change of their claims. A command does not know the connections that
/// a server holds, so it is stated for both cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance {
    /// While a client of the user is connected and not away.
    pub connected: VisiblePresence,
    /// Without a live connection.
    pub unconnected: VisiblePresence,
}

/// Makes a claim, replacing the previous one of its source. Returns how the user appears then.
///
/// # Errors
/// `Invalid { ExpiresAt, Past }`, `NotFound`, `Unavailable`.
pub async fn set(app: &App, username: &str, new: NewClaim) -> Result<Appearance> {
    let now = app.clock.now();
    let expires_at = new
        .expires_at
        .map(|end| check_expiry(end, now))
        .transpose()?;
    let claim = Claim {
        source: new.source,
        status: new.status,
        text: StatusText::new(&new.text),
        expires_at,
        set_at: Some(now),
    };
    let effect = ClaimEffect::of(claim.expires_at);
    change(app, username, effect, move |presence| {
        presence.put(claim.clone())
    })
    .await
}

/// Ends the claim of `source`. Returns it, if there was a live one, and how the user appears then.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn end(
    app: &App,
    username: &str,
    source: ClaimSource,
) -> Result<(Option<Claim>, Appearance)> {
    let (now, ended) = (app.clock.now(), Arc::new(Mutex::new(None)));
    let slot = ended.clone();
    let rule = move |presence: &mut Presence| {
        let live = presence.claim_of(source).filter(|claim| claim.is_live(now));
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = live.cloned();
        presence.end(source);
    };
    let appearance = change(app, username, ClaimEffect::Removes, rule).await?;
    let ended = ended.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok((ended, appearance))
}

/// Returns the live claims, the effective one first, and then the strongest.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn list(app: &App, username: &str) -> Result<Vec<Claim>> {
    let ((user, _), now) = (users::find(app, named(username)).await?, app.clock.now());
    let presence = app.store.find_presence(user.id).await?;
    let effective = presence.claim(now).map(|claim| claim.source);
    let mut claims = presence.claims;
    claims.retain(|claim| claim.is_live(now));
    claims.sort_by_key(|claim| Some(claim.source) != effective);
    Ok(claims)
}

async fn change(
    app: &App,
    username: &str,
    effect: ClaimEffect,
    rule: impl Fn(&mut Presence) + Send + 'static,
) -> Result<Appearance> {
    let (user, _) = users::find(app, named(username)).await?;
    let change = PresenceChange {
        by: users::by_operator(app, &user),
        user: user.id.clone(),
        effect,
        rule: Box::new(move |presence| {
            rule(presence);
            Ok(())
        }),
    };
    let presence = app.store.change_presence(change).await?;
    Ok(appearance(app, &user, &presence))
}

fn appearance(app: &App, user: &User, presence: &Presence) -> Appearance {
    Appearance {
        connected: presence::for_the_operator_by(app, UserStatus::Online, presence),
        unconnected: presence::for_the_operator(app, &user.id, presence),
    }
}

fn named(username: &str) -> UserKey {
    UserKey::Username(username.to_owned())
}
