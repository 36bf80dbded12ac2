//! The messages of each event, and what is read before they are published.

use super::Publisher;
use super::appearances::PersonNews;
use crate::domain::{Audience, Change, Event, Result, RoleOf, Setting};
use crate::realtime::hub::{News, Topic};

/// What is read before an event is published. By default, only the content of the event is
/// published.
#[derive(Default)]
pub(super) struct Prepared {
    /// Whether role assignments are public.
    shows_roles: bool,
    person: Option<PersonNews>,
}

impl Publisher {
    pub(super) fn end_logins(&self, change: &Change) {
        if let Change::LoginsEnded { user } | Change::UserDeleted { user, .. } = change {
            let own_user = Topic::OwnUser(user.clone());
            self.app.live.publish(&own_user, || News::LoginsEnded);
        }
    }

    /// Reads what the messages of `event` need.
    pub(super) async fn prepare(&mut self, event: &Event) -> Result<Prepared> {
        let id = event.id;
        let mut prepared = Prepared::default();
        match &event.event.change {
            Change::PresenceChanged(change) => {
                prepared.person = self.people.presence_changed(id, change).await?;
            }
            Change::RoleGiven(role) | Change::RoleTaken(role) => {
                prepared.shows_roles = self.app.settings().await?.display_roles();
                prepared.person = self.people.record_changed(id, &role.user).await?;
            }
            Change::UserUpdated(user) => {
                prepared.person = self.people.record_changed(id, &user.user).await?;
            }
            _ => {}
        }
        Ok(prepared)
    }

    /// Publishes the messages of `event`. Cannot fail.
    pub(super) fn send(&mut self, event: Event, prepared: Prepared) {
        let live = self.app.live.clone();
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
            Change::PresenceChanged(_) => {}
            Change::PermissionChanged(grant) => {
                live.publish(&Topic::Permissions, || News::Permission(grant.clone()));
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
            Change::UserDeleted { user, .. } => {
                live.publish(&Topic::DeletedUsers, || News::UserDeleted(user.clone()));
                self.people.forget(user);
            }
            Change::SettingChanged(setting, value) => {
                self.setting_changed(*setting);
                if setting.audience() == Audience::Everyone {
                    live.publish(&Topic::Settings, || News::Setting(*setting, value.clone()));
                }
            }
            Change::LoginsEnded { .. } => {}
        }
        self.end_logins(change);
        if let Some(person) = prepared.person {
            self.people.publish(person);
        }
        live.publish(&Topic::Events, || News::Event(Box::new(event)));
    }

    /// While presence broadcasts are disabled, the last published state is unknown.
    fn setting_changed(&mut self, setting: Setting) {
        if setting == Setting::PresenceBroadcastDisabled {
            self.people.forget_all();
        }
    }
}
