//! The methods that clients call when they start. Rooms and emoji do not exist here, so their
//! lists are empty. Source: Rocket.Chat `apps/meteor/server/publications` and
//! `apps/meteor/app/authorization/server`.

use super::call::Call;
use super::outcome::{Outcome, result};
use crate::api::wire::{Changes, MODULES, PermissionRecord, PublicHolder, SettingRow};
use crate::domain::{Setting, Timestamp};
use crate::service::{permissions, roles, settings};
use serde::Serialize;
use serde_json::Value;

/// `rooms/get` and `subscriptions/get`, `[updatedAt?]`: returns no rooms.
pub(super) async fn no_changes(mut call: Call<'_>) -> Outcome {
    match date(&call.param(0)) {
        Some(_) => result(&Changes::<()>::NONE),
        None => nothing(call).await,
    }
}

/// `license:getModules`, `[]`: returns the modules of `licenses.info`.
pub(super) async fn modules(_: Call<'_>) -> Outcome {
    result(&MODULES)
}

/// `listEmojiCustom`, `[]`: returns an empty list.
pub(super) async fn nothing(_: Call<'_>) -> Outcome {
    result(&[(); 0])
}

/// `license:isEnterprise`, `[]`: returns `false`.
pub(super) async fn no_license(_: Call<'_>) -> Outcome {
    result(&false)
}

/// `getUserRoles`, `[]`: returns the users with public roles.
pub(super) async fn public_roles(call: Call<'_>) -> Outcome {
    let users = roles::users_in_public(call.app(), call.actor()?).await?;
    result(&users.iter().map(PublicHolder::from).collect::<Vec<_>>())
}

/// `permissions/get`, `[updatedAt?]`: returns the permissions, or those that changed after a date.
/// Nothing without a login.
pub(super) async fn permissions(mut call: Call<'_>) -> Outcome {
    let since = date(&call.param(0));
    if call.caller().is_none() {
        return changes(Vec::<PermissionRecord<'_>>::new(), since);
    }
    let all = permissions::list(call.app()).await?;
    let changed = all
        .iter()
        .filter(|grant| since.is_none_or(|since| grant.updated_at > since));
    changes(changed.map(PermissionRecord::from).collect(), since)
}

/// `public-settings/get`, `[updatedAt?]`: returns the public settings, all of them for any date.
pub(super) async fn public_settings(mut call: Call<'_>) -> Outcome {
    let since = date(&call.param(0));
    let mut all = settings::list_public(call.app()).await?;
    for (setting, value) in &mut all {
        if *setting == Setting::SiteUrl {
            *value = call.api.site_url.fixed().into();
        }
    }
    let rows = all
        .iter()
        .map(|(setting, value)| SettingRow::new(*setting, value));
    changes(rows.collect(), since)
}

/// Returns a whole list, or the list as the changes since a date.
fn changes<T: Serialize>(items: Vec<T>, since: Option<Timestamp>) -> Outcome {
    match since {
        None => result(&items),
        Some(_) => result(&Changes::of(items)),
    }
}

/// Parses an EJSON date.
fn date(param: &Value) -> Option<Timestamp> {
    let millis = param.get("$date")?.as_i64()?;
    Some(Timestamp::from_millis(millis))
}
