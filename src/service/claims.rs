//! The operator's use cases for claims, used from the command line by a calendar, a telephone
//! system or a script. Write access to the data folder allows anything, so no permission or
//! workspace setting is checked here.

use crate::app::App;
use crate::domain::{
    Claim, ClaimSource, Presence, Result, StatusText, Timestamp, UserKey, UserStatus, check_expiry,
};
use crate::service::users;
use crate::store::{ClaimEffect, PresenceChange};

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

/// Makes a claim, replacing the previous one of its source.
///
/// # Errors
/// `Invalid { ExpiresAt, Past }`, `NotFound`, `Unavailable`.
pub async fn set(app: &App, username: &str, new: NewClaim) -> Result<()> {
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
    };
    let effect = ClaimEffect::of(claim.expires_at);
    change(app, username, effect, move |presence| {
        presence.put(claim.clone())
    })
    .await
}

/// Ends the claim of `source`, if any.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn end(app: &App, username: &str, source: ClaimSource) -> Result<()> {
    let effect = ClaimEffect::Removes;
    change(app, username, effect, move |presence| presence.end(source)).await
}

/// Returns the live claims, the effective one first.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn list(app: &App, username: &str) -> Result<Vec<Claim>> {
    let ((user, _), now) = (users::find(app, named(username)).await?, app.clock.now());
    let mut claims = app.store.find_presence(user.id).await?.claims;
    claims.retain(|claim| claim.is_live(now));
    Ok(claims)
}

async fn change(
    app: &App,
    username: &str,
    effect: ClaimEffect,
    rule: impl Fn(&mut Presence) + Send + 'static,
) -> Result<()> {
    let (user, _) = users::find(app, named(username)).await?;
    let change = PresenceChange {
        by: users::by_operator(app, &user),
        user: user.id,
        effect,
        rule: Box::new(move |presence| {
            rule(presence);
            Ok(())
        }),
    };
    app.store.change_presence(change).await.map(drop)
}

fn named(username: &str) -> UserKey {
    UserKey::Username(username.to_owned())
}
