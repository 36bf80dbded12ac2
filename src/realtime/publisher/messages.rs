//! The messages of each event, and what is read before they are published.

use super::appearances::{People, PersonNews};
use super::board;
use super::viewers::RuleChange;
use crate::app::App;
use crate::domain::{Audience, Change, Event, Result, RoleOf, Setting, VisibilitySwitches};
use crate::realtime::hub::{Live, News, Topic};

/// What is read before an event is published. By default, only the content of the event is
/// published.
#[derive(Default)]
pub(super) struct Prepared {
    /// Whether role assignments are public.
    shows_roles: bool,
    person: Option<PersonNews>,
}

/// Interrupts the listeners of a user whose logins ended.
pub(super) fn end_logins(live: &Live, change: &Change) {
    if let Change::LoginsEnded { user } | Change::UserDeleted { user, .. } = change {
        let own_user = Topic::OwnUser(user.clone());
        live.publish(&own_user, || News::LoginsEnded);
    }
}

/// Reads what the messages of `event` need.
pub(super) async fn prepare(app: &App, people: &mut People, event: &Event) -> Result<Prepared> {
    let id = event.id;
    let mut prepared = Prepared::default();
    match &event.event.change {
        Change::PresenceChanged(change) => {
            prepared.person = people.presence_changed(id, change, event.event.at).await?;
        }
        // The user is announced as updated, too.
        Change::RoleGiven(role) | Change::RoleTaken(role) => {
            prepared.shows_roles = app.settings().await?.display_roles();
            prepared.person = people.role_changed(&role.user).await?;
        }
        Change::UserCreated { user, .. } | Change::AvatarChanged { user, .. } => {
            prepared.person = people.created(id, user).await?;
        }
        Change::UserUpdated(user) => {
            prepared.person = people.record_changed(id, user).await?;
        }
        Change::StatusVisibilityChanged {
            user,
            before,
            visibility,
        } => {
            let change = RuleChange {
                before: before.clone(),
                after: visibility.clone(),
            };
            prepared.person = people.rules_changed(id, user, change).await?;
        }
        _ => {}
    }
    Ok(prepared)
}

/// Publishes the messages of `event`. Cannot fail.
pub(super) fn send(live: &Live, people: &mut People, event: Event, prepared: Prepared) {
    let change = &event.event.change;
    let role_changed = |role: &RoleOf, news: fn(RoleOf) -> News| {
        if prepared.shows_roles {
            live.publish(&Topic::Roles, || news(role.clone()));
        }
    };
    match change {
        Change::StatusCreated(status) | Change::StatusUpdated(status) => {
            live.publish(&Topic::CustomStatuses, || {
                News::CustomStatus(status.clone())
            });
        }
        Change::StatusDeleted(status) => live.publish(&Topic::DeletedCustomStatuses, || {
            News::CustomStatusDeleted(status.clone())
        }),
        Change::PresenceChanged(_) | Change::StatusVisibilityChanged { .. } => {}
        Change::PermissionChanged(grant) => {
            live.publish(&Topic::Permissions, || News::Permission(grant.clone()));
        }
        Change::RoleCreated(role) | Change::RoleUpdated(role) => {
            live.publish(&Topic::RoleRecords, || News::RoleChanged(role.clone()));
        }
        Change::RoleDeleted(role) => {
            live.publish(&Topic::RoleRecords, || News::RoleDeleted(role.clone()));
        }
        Change::RoleGiven(role) => role_changed(role, News::RoleGiven),
        Change::RoleTaken(role) => role_changed(role, News::RoleTaken),
        Change::UserUpdated(user) => {
            if user.renamed {
                live.publish(&Topic::Names, || News::Renamed {
                    user: user.user.clone(),
                    username: user.username.clone(),
                    name: user.name.clone(),
                });
            }
        }
        Change::AvatarChanged { username, etag, .. } => {
            live.publish(&Topic::Avatars, || News::AvatarChanged {
                username: username.clone(),
                etag: etag.clone(),
            });
        }
        Change::UserDeleted {
            user, was_public, ..
        } => {
            live.publish(&Topic::DeletedUsers, || News::UserDeleted(user.clone()));
            board::remove(live, user, *was_public);
            people.forget(user);
        }
        Change::SettingChanged(setting, value) => {
            setting_changed(live, people, *setting);
            if setting.audience() == Audience::Everyone {
                live.publish(&Topic::Settings, || News::Setting(*setting, value.clone()));
            }
        }
        Change::LoginsEnded { .. } | Change::UserCreated { .. } => {}
    }
    end_logins(live, change);
    if let Some(person) = prepared.person {
        people.publish(person);
    }
    live.publish(&Topic::Events, || News::Event(Box::new(event)));
}

/// While presence broadcasts are disabled, the last published state is unknown. A setting of status
/// visibility may change how every user is shown.
fn setting_changed(live: &Live, people: &mut People, setting: Setting) {
    if setting == Setting::PresenceBroadcastDisabled {
        people.forget_all();
    }
    if VisibilitySwitches::SETTINGS.contains(&setting) {
        live.ask_all_to_reload();
    }
}
