//! The payloads of events about users, roles, logins, permissions and settings.

use super::decode::{named, unknown};
use crate::domain::{
    Change, PermissionGrant, Result, Role, RoleOf, RoleScope, Setting, SettingValue, Timestamp,
    UserChange, UserId, Username,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The payload of a permission.
#[derive(Serialize, Deserialize)]
pub(super) struct PermissionPayload<'a> {
    permission: Cow<'a, str>,
    roles: Cow<'a, [String]>,
    updated_at: i64,
}

/// The payload of a custom role.
#[derive(Serialize, Deserialize)]
pub(super) struct RoleRecordPayload<'a> {
    role: Cow<'a, str>,
    name: Cow<'a, str>,
    description: Cow<'a, str>,
    scope: Cow<'a, str>,
    updated_at: i64,
}

/// The payload of a role given or taken.
#[derive(Serialize, Deserialize)]
pub(super) struct RolePayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    role: Cow<'a, str>,
}

/// The payload of a new user.
#[derive(Serialize, Deserialize)]
pub(super) struct NewUserPayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    name: Cow<'a, str>,
}

/// The payload of a user after a change. `new_username` is missing in rows from before it was stored.
/// `was_public` is missing if it is false.
#[derive(Serialize, Deserialize)]
pub(super) struct UserPayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    name: Cow<'a, str>,
    renamed: bool,
    new_username: Option<bool>,
    #[serde(default, skip_serializing_if = "is_false")]
    was_public: bool,
}

/// The payload of a deleted user. `was_public` is missing if it is false.
#[derive(Serialize, Deserialize)]
pub(super) struct GonePayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_false")]
    was_public: bool,
}

/// The payload of a changed picture.
#[derive(Serialize, Deserialize)]
pub(super) struct AvatarPayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    etag: Option<Cow<'a, str>>,
}

/// The payload of a setting, with its value as stored in the table.
#[derive(Serialize, Deserialize)]
pub(super) struct SettingPayload<'a> {
    setting: Cow<'a, str>,
    value: Cow<'a, str>,
}

/// The payload of ended logins.
#[derive(Serialize, Deserialize)]
pub(super) struct LoginsPayload<'a> {
    user_id: Cow<'a, str>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl<'a> PermissionPayload<'a> {
    pub(super) fn of(grant: &'a PermissionGrant) -> Self {
        Self {
            permission: grant.permission.as_str().into(),
            roles: grant.roles.as_slice().into(),
            updated_at: grant.updated_at.as_millis(),
        }
    }

    pub(super) fn change(self) -> Change {
        Change::PermissionChanged(PermissionGrant {
            permission: self.permission.into_owned(),
            roles: self.roles.into_owned(),
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

impl<'a> RoleRecordPayload<'a> {
    pub(super) fn of(role: &'a Role) -> Self {
        Self {
            role: role.id.as_str().into(),
            name: role.name.as_str().into(),
            description: role.description.as_str().into(),
            scope: role.scope.as_str().into(),
            updated_at: role.updated_at.as_millis(),
        }
    }

    pub(super) fn role(self) -> Result<Role> {
        let scope = RoleScope::named(&self.scope);
        Ok(Role {
            scope: scope.ok_or_else(|| unknown("scope", &self.scope))?,
            id: self.role.into_owned(),
            name: self.name.into_owned(),
            description: self.description.into_owned(),
            protected: false,
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

impl<'a> RolePayload<'a> {
    pub(super) fn of(held: &'a RoleOf) -> Self {
        Self {
            user_id: held.user.as_str().into(),
            username: held.username.as_str().into(),
            role: held.role.as_str().into(),
        }
    }

    pub(super) fn role(self) -> RoleOf {
        RoleOf {
            user: UserId::new(self.user_id),
            username: named(self.username),
            role: self.role.into_owned(),
        }
    }
}

impl<'a> NewUserPayload<'a> {
    pub(super) fn of(user: &'a UserId, username: &'a Username, name: &'a str) -> Self {
        Self {
            user_id: user.as_str().into(),
            username: username.as_str().into(),
            name: name.into(),
        }
    }

    pub(super) fn change(self) -> Change {
        Change::UserCreated {
            user: UserId::new(self.user_id),
            username: named(self.username),
            name: self.name.into_owned(),
        }
    }
}

impl<'a> UserPayload<'a> {
    pub(super) fn of(user: &'a UserChange) -> Self {
        Self {
            user_id: user.user.as_str().into(),
            username: user.username.as_str().into(),
            name: user.name.as_str().into(),
            renamed: user.renamed,
            new_username: Some(user.new_username),
            was_public: user.was_public,
        }
    }

    pub(super) fn change(self) -> Change {
        Change::UserUpdated(UserChange {
            user: UserId::new(self.user_id),
            username: named(self.username),
            name: self.name.into_owned(),
            renamed: self.renamed,
            new_username: self.new_username.unwrap_or(self.renamed),
            was_public: self.was_public,
        })
    }
}

impl<'a> GonePayload<'a> {
    pub(super) fn of(user: &'a UserId, username: &'a Username, was_public: bool) -> Self {
        Self {
            user_id: user.as_str().into(),
            username: username.as_str().into(),
            was_public,
        }
    }

    pub(super) fn change(self) -> Change {
        Change::UserDeleted {
            user: UserId::new(self.user_id),
            username: named(self.username),
            was_public: self.was_public,
        }
    }
}

impl<'a> AvatarPayload<'a> {
    pub(super) fn of(user: &'a UserId, username: &'a Username, etag: Option<&'a str>) -> Self {
        Self {
            user_id: user.as_str().into(),
            username: username.as_str().into(),
            etag: etag.map(Cow::from),
        }
    }

    pub(super) fn change(self) -> Change {
        Change::AvatarChanged {
            user: UserId::new(self.user_id),
            username: named(self.username),
            etag: self.etag.map(Cow::into_owned),
        }
    }
}

impl<'a> SettingPayload<'a> {
    pub(super) fn of(setting: Setting, value: &SettingValue) -> Self {
        Self {
            setting: setting.id().into(),
            value: value.to_text().into(),
        }
    }

    pub(super) fn change(self) -> Result<Change> {
        let setting = Setting::find(&self.setting);
        let setting = setting.ok_or_else(|| unknown("setting", &self.setting))?;
        let value = setting.default().parse(self.value.to_string());
        let value = value.ok_or_else(|| unknown("value", &self.value))?;
        Ok(Change::SettingChanged(setting, value))
    }
}

impl<'a> LoginsPayload<'a> {
    pub(super) fn of(user: &'a UserId) -> Self {
        Self {
            user_id: user.as_str().into(),
        }
    }

    pub(super) fn change(self) -> Change {
        Change::LoginsEnded {
            user: UserId::new(self.user_id),
        }
    }
}
