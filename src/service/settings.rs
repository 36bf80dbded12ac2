//! The rules of the workspace settings. Changes take effect for the next request.

use crate::app::App;
use crate::domain::{
    Actor, Audience, ChangedBy, Error, Field, Permission, Problem, Requester, Result, Setting,
    SettingValue, What,
};

/// Returns the public settings, by id.
///
/// # Errors
/// `Unavailable`.
pub async fn list_public(app: &App) -> Result<Vec<(Setting, SettingValue)>> {
    let values = app.settings().await?;
    let public = Setting::ALL
        .iter()
        .filter(|setting| setting.audience() == Audience::Everyone);
    Ok(public.map(|s| (*s, values.get(*s).clone())).collect())
}

/// Returns all settings, public or not, by id.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<(Setting, SettingValue)>> {
    actor.require(Permission::ViewPrivilegedSetting)?;
    let values = app.settings().await?;
    let all = Setting::ALL.iter();
    Ok(all.map(|s| (*s, values.get(*s).clone())).collect())
}

/// Returns one setting, public or not.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Unavailable`.
pub async fn find(app: &App, actor: &Actor, id: &str) -> Result<(Setting, SettingValue)> {
    actor.require(Permission::ViewPrivilegedSetting)?;
    let setting = known(id)?;
    Ok((setting, app.settings().await?.get(setting).clone()))
}

/// Changes a setting. One that only the server changes accepts the value that it has, as in
/// Rocket.Chat: clients save whole forms.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Invalid { Setting, Fixed | OtherKind }`, `Unavailable`.
pub async fn set(app: &App, actor: &Requester, id: &str, value: SettingValue) -> Result<()> {
    actor.require(Permission::EditPrivilegedSetting)?;
    let setting = known(id)?;
    let expected = setting.default().kind();
    let problem = if setting.change() == ChangedBy::Server {
        if *app.settings().await?.get(setting) == value {
            return Ok(());
        }
        Problem::Fixed(setting.id())
    } else if value.kind() != expected {
        Problem::OtherKind(setting.id(), expected)
    } else {
        return change(app, actor, setting, value).await;
    };
    Err(Error::invalid(Field::Setting, problem))
}

/// Enables the broadcast of presence changes again.
///
/// # Errors
/// `Forbidden`, `Unavailable`.
pub async fn enable_broadcast(app: &App, actor: &Requester) -> Result<()> {
    actor.require(Permission::ManageUserStatus)?;
    if !app.settings().await?.broadcast_disabled() {
        return Ok(());
    }
    let setting = Setting::PresenceBroadcastDisabled;
    change(app, actor, setting, setting.default()).await
}

async fn change(app: &App, actor: &Requester, setting: Setting, value: SettingValue) -> Result<()> {
    let by = actor.by(app.clock.now());
    app.store.set_setting(setting, value, by.at, Some(by)).await
}

/// Initializes the settings at startup: gives a new workspace its id, and enables the broadcast of
/// presence changes. Appends no event, because no client is connected yet.
///
/// # Errors
/// `Unavailable`; an error if the operating system provides no random bytes.
pub async fn begin(app: &App) -> Result<()> {
    if *app.settings().await?.get(Setting::UniqueId) == Setting::UniqueId.default() {
        let id = SettingValue::Text(app.ids.user()?.as_str().to_owned());
        begin_with(app, Setting::UniqueId, id).await?;
    }
    if app.settings().await?.broadcast_disabled() {
        let setting = Setting::PresenceBroadcastDisabled;
        begin_with(app, setting, setting.default()).await?;
    }
    Ok(())
}

async fn begin_with(app: &App, setting: Setting, value: SettingValue) -> Result<()> {
    let now = app.clock.now();
    app.store.set_setting(setting, value, now, None).await
}

fn known(id: &str) -> Result<Setting> {
    Setting::find(id).ok_or_else(|| Error::NotFound(What::Setting(id.to_owned())))
}
