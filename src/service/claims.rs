//! The operator's use cases: claims on somebody's status, at the command line, for a calendar, a telephone system or a script to make.
//! Whoever can write the data folder may do anything, so no permission is asked here, and no setting of the workspace. Knows nothing of
//! terminals.

use crate::app::App;
use crate::domain::{Claim, ClaimSource, Presence, Result, StatusText, UserKey, UserStatus};
use crate::service::users;
use crate::store::PresenceChange;
use std::time::Duration;

/// A claim to be made.
#[derive(Debug, Clone)]
pub struct NewClaim {
    /// Where it comes from.
    pub source: ClaimSource,
    /// What it says.
    pub status: UserStatus,
    /// What it says beside that; cut where it is too long.
    pub text: String,
    /// How long it lasts; `None`: until it is ended.
    pub life: Option<Duration>,
}

/// Makes a claim, in the place of the last one of its source.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn set(app: &App, username: &str, new: NewClaim) -> Result<()> {
    let claim = Claim {
        source: new.source,
        status: new.status,
        text: StatusText::new(&new.text),
        expires_at: new.life.map(|life| app.clock.now().after(life)),
    };
    let expires = claim.expires_at.is_some();
    let change = change(app, username, move |presence| presence.put(claim)).await?;
    let change = PresenceChange { expires, ..change };
    app.store.change_presence(change).await.map(drop)
}

/// Ends the claim of `source`, if there is one.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn end(app: &App, username: &str, source: ClaimSource) -> Result<()> {
    let change = change(app, username, move |presence| presence.end(source)).await?;
    let change = PresenceChange {
        ends: true,
        ..change
    };
    app.store.change_presence(change).await.map(drop)
}

/// The claims that have not expired, the one that counts first.
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
    rule: impl FnOnce(&mut Presence) + Send + 'static,
) -> Result<PresenceChange> {
    let (user, _) = users::find(app, named(username)).await?;
    Ok(PresenceChange {
        by: users::by_operator(app, &user),
        user: user.id,
        expires: false,
        ends: false,
        rule: Box::new(move |presence| {
            rule(presence);
            Ok(())
        }),
    })
}

fn named(username: &str) -> UserKey {
    UserKey::Username(username.to_owned())
}
