//! The rules of displays: who manages them, what their key opens, and how a person sets their status
//! on an interactive one with a PIN.
//!
//! A display is not a person. It sees the board as a member who is on no list of hidden users:
//! everyone who passes sees a screen on a wall, so a rule that hides a status from one user cannot
//! hold there, and a gap on the screen would show all others that there is such a rule. A user whose
//! presence an administrator disabled is hidden on displays, too.

use crate::app::App;
use crate::auth::OpaqueToken;
use crate::auth::passwords::PasswordDigest;
use crate::domain::{
    Caller, Display, DisplayLook, Error, Field, Permission, Pin, Problem, Requester, Result, User,
    UserKey, What, check_display_name,
};
use crate::service::live_display::LiveDisplay;
use crate::service::presence::{self, StatusDraft};
use crate::service::users;
use std::net::IpAddr;

/// The permission to manage displays.
pub const MAY_MANAGE: Permission = Permission::EditPrivilegedSetting;

/// A display with its new key, which is shown once and not stored.
pub struct KeyedDisplay {
    /// The display.
    pub display: Display,
    /// The key.
    pub key: OpaqueToken,
}

/// Returns all displays, by name.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, caller: Caller<'_>) -> Result<Vec<Display>> {
    caller.require(MAY_MANAGE)?;
    app.store.list_displays().await
}

/// Adds a display, and returns it with its key.
///
/// # Errors
/// `Forbidden`, `Invalid { DisplayName }`, `Unavailable`.
pub async fn create(
    app: &App,
    caller: Caller<'_>,
    name: String,
    look: DisplayLook,
) -> Result<KeyedDisplay> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    check_display_name(&name)?;
    let key = OpaqueToken::random()?;
    let display = Display {
        id: app.ids.display()?,
        name: name.trim().to_owned(),
        look,
        created_at: attribution.at,
        last_seen_at: None,
    };
    let created = app
        .store
        .create_display(display.clone(), key.digest(), attribution);
    created.await?;
    Ok(KeyedDisplay { display, key })
}

/// Gives a display a new key. The previous one ends at once.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn rotate(app: &App, caller: Caller<'_>, id: String) -> Result<KeyedDisplay> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    let key = OpaqueToken::random()?;
    let rotated = app.store.rotate_display(id, key.digest(), attribution);
    let display = rotated.await?;
    Ok(KeyedDisplay { display, key })
}

/// Deletes a display. Its key ends at once.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn revoke(app: &App, caller: Caller<'_>, id: String) -> Result<()> {
    let attribution = caller.authorize(MAY_MANAGE, app.clock.now())?;
    app.store.delete_display(id, attribution).await
}

/// Returns the id of the display that the operator means, by its name or id.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn resolve(app: &App, caller: Caller<'_>, name: &str) -> Result<String> {
    let displays = list(app, caller).await?;
    let exact = displays.iter().find(|one| one.name == name);
    let found = exact.or_else(|| displays.iter().find(|one| one.id == name));
    let unknown = || Error::NotFound(What::Display(name.to_owned()));
    Ok(found.ok_or_else(unknown)?.id.clone())
}

/// Sets the status of the user with this name, who typed `pin` on the display with this `key`.
/// `address` is that of the display.
///
/// # Errors
/// `Unauthenticated` for an unknown key; `Invalid { Display }` for a display that only shows;
/// `NotFound`; `PinBlocked`; `Invalid { Pin }` for a wrong one, and if the user has none; as for a
/// user's own status; `Unavailable`.
pub async fn set_status(
    app: &App,
    (key, address): (&str, IpAddr),
    (username, pin): (String, Pin),
    draft: StatusDraft,
) -> Result<()> {
    let live = LiveDisplay::open(app, key).await?;
    if !live.display().look.is_interactive {
        return Err(Error::invalid(Field::Display, Problem::Protected));
    }
    let (user, _) = users::find(app, UserKey::Username(username)).await?;
    if !user.active {
        let unknown = user.username.as_str().to_owned();
        return Err(Error::NotFound(What::User(unknown)));
    }
    check_pin(app, &user, pin, address).await?;
    presence::set_own(app, &user, draft).await
}

async fn check_pin(app: &App, user: &User, pin: Pin, address: IpAddr) -> Result<()> {
    let hash = app.store.find_pin(user.id.clone()).await?;
    let hash = hash.ok_or(Error::invalid(Field::Pin, Problem::Missing))?;
    // Counted before the check, so that requests at the same time cannot try more.
    app.auth.pins.count(&user.id, app.clock.now())?;
    let digest = PasswordDigest::of(pin.as_str());
    let passwords = &app.auth.passwords;
    if passwords.verify(Some(address), Some(hash), digest).await? {
        app.auth.pins.forget(&user.id);
        return Ok(());
    }
    Err(Error::invalid(Field::Pin, Problem::Unknown))
}

/// Sets the actor's own PIN, or removes it.
///
/// # Errors
/// `Unavailable`.
pub async fn set_pin(app: &App, actor: &Requester, pin: Option<Pin>) -> Result<()> {
    let hash = match pin {
        Some(pin) => {
            let digest = PasswordDigest::of(pin.as_str());
            Some(app.auth.passwords.hash(digest).await?)
        }
        None => None,
    };
    let attribution = actor.attribution(app.clock.now());
    let set = app.store.set_pin(actor.user.id.clone(), hash, attribution);
    set.await?;
    app.auth.pins.forget(&actor.user.id);
    Ok(())
}

/// Returns whether the actor has a PIN.
///
/// # Errors
/// `Unavailable`.
pub async fn has_pin(app: &App, actor: &Requester) -> Result<bool> {
    let found = app.store.find_pin(actor.user.id.clone()).await?;
    Ok(found.is_some())
}
