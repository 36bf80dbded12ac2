//! The payloads of events about custom statuses and presence.

use super::decode::{named, unknown};
use crate::domain::{
    Baseline, Change, ClaimSource, CustomStatus, HiddenFrom, Result, StatusChange, StatusId,
    StatusName, StatusText, StatusType, StatusVisibility, Timestamp, UserId, UserStatus,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The payload of a custom status.
#[derive(Serialize, Deserialize)]
pub(super) struct StatusPayload<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    status_type: Cow<'a, str>,
    updated_at: i64,
}

/// The payload of a user's status. `rest` is missing in rows from before it was stored.
/// `set_at` is missing without a claim, or if it is not known. `hidden_from` lists ids, or is the
/// text `everyone`; it is missing if it is empty.
#[derive(Serialize, Deserialize)]
pub(super) struct PresencePayload<'a> {
    user_id: Cow<'a, str>,
    username: Cow<'a, str>,
    status: Cow<'a, str>,
    text: Cow<'a, str>,
    source: Option<Cow<'a, str>>,
    expires_at: Option<i64>,
    rest: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden_from: Option<Hidden<'a>>,
}

/// The stored form of [`HiddenFrom`].
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Hidden<'a> {
    Users(Vec<Cow<'a, str>>),
    Everyone(Cow<'a, str>),
}

const EVERYONE: &str = "everyone";

/// The payload of a change of the rules that hide a user's status.
#[derive(Serialize, Deserialize)]
pub(super) struct VisibilityPayload<'a> {
    user_id: Cow<'a, str>,
    before: RulesPayload<'a>,
    after: RulesPayload<'a>,
}

/// The rules that hide a user's status.
#[derive(Serialize, Deserialize)]
struct RulesPayload<'a> {
    disabled_by_admin: bool,
    denied: Vec<Cow<'a, str>>,
    denied_by_admin: Vec<Cow<'a, str>>,
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
            set_at: change.set_at.map(Timestamp::as_millis),
            hidden_from: Hidden::of(&change.hidden_from),
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
            set_at: self.set_at.map(Timestamp::from_millis),
            baseline: rest.unwrap_or(Baseline::Offline),
            hidden_from: match self.hidden_from {
                None => HiddenFrom::none(),
                Some(Hidden::Users(users)) => HiddenFrom::Users(stored_ids(users)),
                Some(Hidden::Everyone(_)) => HiddenFrom::Everyone,
            },
        }))
    }
}

impl<'a> Hidden<'a> {
    fn of(hidden: &'a HiddenFrom) -> Option<Self> {
        match hidden {
            HiddenFrom::Everyone => Some(Self::Everyone(EVERYONE.into())),
            HiddenFrom::Users(users) if users.is_empty() => None,
            HiddenFrom::Users(users) => Some(Self::Users(ids(users))),
        }
    }
}

impl<'a> VisibilityPayload<'a> {
    pub(super) fn of(
        user: &'a UserId,
        before: &'a StatusVisibility,
        after: &'a StatusVisibility,
    ) -> Self {
        Self {
            user_id: user.as_str().into(),
            before: RulesPayload::of(before),
            after: RulesPayload::of(after),
        }
    }

    pub(super) fn change(self) -> Change {
        Change::StatusVisibilityChanged {
            user: UserId::new(self.user_id),
            before: self.before.rules(),
            visibility: self.after.rules(),
        }
    }
}

impl<'a> RulesPayload<'a> {
    fn of(visibility: &'a StatusVisibility) -> Self {
        Self {
            disabled_by_admin: visibility.disabled_by_admin,
            denied: ids(&visibility.denied),
            denied_by_admin: ids(&visibility.denied_by_admin),
        }
    }

    fn rules(self) -> StatusVisibility {
        StatusVisibility {
            disabled_by_admin: self.disabled_by_admin,
            denied: stored_ids(self.denied),
            denied_by_admin: stored_ids(self.denied_by_admin),
        }
    }
}

fn ids(users: &BTreeSet<UserId>) -> Vec<Cow<'_, str>> {
    users.iter().map(|id| id.as_str().into()).collect()
}

fn stored_ids(ids: Vec<Cow<'_, str>>) -> BTreeSet<UserId> {
    ids.into_iter().map(UserId::new).collect()
}
