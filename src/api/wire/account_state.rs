//! What only administrators see of an account, as fields of a user. They are ours.

use crate::api::wire::date::Rfc3339;
use crate::service::users::states::ShownState;
use serde::Serialize;

/// The fields; absent ones are unknown or none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_until: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_until: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<Rfc3339>,
    sessions: u64,
    presence_policy: &'static str,
}

impl From<&ShownState> for AccountFields {
    fn from(shown: &ShownState) -> Self {
        let state = &shown.state;
        Self {
            invited_until: state.invited_until.map(Into::into),
            blocked_until: shown.blocked_until.map(Into::into),
            last_seen_at: state.last_seen_at.map(Into::into),
            sessions: state.sessions,
            presence_policy: state.policy.as_str(),
        }
    }
}
