//! The JSON that clients see, field by field in Rocket.Chat's order, and how the domain becomes it; one file a noun. Knows no rule.

mod custom_user_status;
mod me;
mod method;
mod permission;
mod presence;
mod role;
mod session;
mod setting;
mod token;
mod user;

pub(super) use custom_user_status::{StatusPage, StatusRecord, StatusReply};
pub(super) use me::{Me, PreferencesReply};
pub(super) use method::{MethodCall, MethodReply};
pub(super) use permission::{PermissionChanges, PermissionList, PermissionRow};
pub(super) use presence::{BoardReply, PresenceReply, UserStatusReply};
pub(super) use role::{
    Holder, Holders, PublicHolder, PublicHolders, ROLES_UPDATED, RoleChanges, RoleList, RoleReply,
    RoleRow, RoleSync,
};
pub(super) use session::{LoggedOut, LoginReply, LogoutReply};
pub(super) use setting::{
    Connections, NoConfigurations, NoServices, SettingPage, SettingReply, setting_value,
};
pub(super) use token::{CreatedToken, TokenList, TokenOf, TokenReply};
pub(super) use user::{ActiveReply, Activity, DeletedReply, UserPage, UserReply, UserRow};

use crate::domain::Timestamp;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

/// `{"success":true}`.
#[derive(Serialize)]
pub(super) struct Success {
    success: bool,
}

impl Success {
    pub(super) const TRUE: Self = Self { success: true };
}

/// Where instants are counted from. Dates are told in civil time, of UTC, because jiff's Timestamp ends before the year 9999 does.
pub(super) const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant as RFC 3339, UTC, with milliseconds.
pub(super) fn rfc3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let since_epoch = SignedDuration::from_millis(at.as_millis());
    let utc = EPOCH.checked_add(since_epoch).unwrap_or(EPOCH);
    serializer.collect_str(&format_args!("{utc:.3}Z"))
}

/// An instant as the realtime protocol tells it: `{"$date": milliseconds since the Unix epoch}`.
fn ejson_date<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("$date", at.as_millis())])
}

/// As [`rfc3339`], for a field that is left out without an instant.
fn rfc3339_if_any<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => rfc3339(at, serializer),
        None => serializer.serialize_none(),
    }
}
