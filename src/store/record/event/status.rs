//! The payloads of events about custom statuses and presence.

use super::decode::{named, unknown};
use crate::domain::{
    Baseline, Change, ClaimSource, CustomStatus, Result, StatusChange, StatusId, StatusName,
    StatusText, StatusType, Timestamp, UserId, UserStatus,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The payload of a custom status.
#[derive(Serialize, Deserialize)]
pub(super) struct StatusPayload<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    status_type: Cow<'a, str>,
    updated_at: i64,
}

/// The payload of a user's status. `rest` is missing in rows from before it was stored.
#[derive(Serialize, Deserialize)]
pub(super) struct PresencePayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    status: Cow<'a, str>,
    text: Cow<'a, str>,
    source: Option<Cow<'a, str>>,
    expires_at: Option<i64>,
    rest: Option<Cow<'a, str>>,
}

impl<'a> StatusPayload<'a> {
    pub(super) fn of(status: &'a CustomStatus) -> Self {
        Self {
            id: status.id.as_str().into(),
            name: status.name.as_str().into(),
            status_type: status.status_type.as_str().into(),
            updated_at: status.updated_at.as_millis(),
        }
    }

    pub(super) fn status(self) -> Result<CustomStatus> {
        Ok(CustomStatus {
            id: StatusId::new(self.id),
            name: StatusName::stored(self.name.into_owned()),
            status_type: StatusType::parse(self.status_type.into_owned())?,
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

impl<'a> PresencePayload<'a> {
    pub(super) fn of(change: &'a StatusChange) -> Self {
        Self {
            user_id: change.user.as_str().into(),
            username: change.username.as_str().into(),
            status: change.status.as_str().into(),
            text: change.text.as_str().into(),
            source: change.source.map(|source| source.as_str().into()),
            expires_at: change.expires_at.map(Timestamp::as_millis),
            rest: Some(change.baseline.as_str().into()),
        }
    }

    pub(super) fn change(self) -> Result<Change> {
        let status = UserStatus::named(&self.status);
        let rest = self.rest.as_deref().and_then(Baseline::named);
        Ok(Change::PresenceChanged(StatusChange {
            user: UserId::new(self.user_id),
            username: named(self.username),
            status: status.ok_or_else(|| unknown("status", &self.status))?,
            text: StatusText::new(&self.text),
            source: self.source.as_deref().and_then(ClaimSource::named),
            expires_at: self.expires_at.map(Timestamp::from_millis),
            baseline: rest.unwrap_or(Baseline::Offline),
        }))
    }
}
