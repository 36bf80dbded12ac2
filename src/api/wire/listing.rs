//! The lines of JSON that listings of the command line print with `--json`: the same objects as in the
//! API where it has such a list.

use super::hook::{DeliveryRow, HookRow};
use super::permission::PermissionRow;
use super::user::{EmailAddress, emails};
use super::webhook::WebhookRow;
use crate::api::wire::date::Rfc3339;
use crate::domain::{
    Claim, DeliveryRecord, Hook, Login, LoginKind, PermissionGrant, Timestamp, Webhook,
};
use crate::service::users::UserForOperator;
use serde::Serialize;

fn line(row: &impl Serialize) -> String {
    serde_json::to_string(row).unwrap_or_default()
}

/// Renders a hook as in `hooks.list`.
pub(crate) fn hook_line(hook: &Hook) -> String {
    line(&HookRow::from(hook))
}

/// Renders a delivery as in `hooks.deliveries`.
pub(crate) fn delivery_line(record: &DeliveryRecord) -> String {
    line(&DeliveryRow::from(record))
}

/// Renders a webhook as in `webhooks.list`, as of `now`.
pub(crate) fn webhook_line(webhook: &Webhook, now: Timestamp) -> String {
    line(&WebhookRow::new(webhook, now))
}

/// Renders a permission as in `permissions.listAll`.
pub(crate) fn permission_line(grant: &PermissionGrant) -> String {
    line(&PermissionRow::<Rfc3339>::from(grant))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserLine<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    username: &'a str,
    name: &'a str,
    emails: Vec<EmailAddress<'a>>,
    active: bool,
    roles: &'a [String],
    presence_policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_until: Option<Rfc3339>,
    created_at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Rfc3339>,
}

/// Renders a user, with the names of fields as in `users.list`.
pub(crate) fn user_line(one: &UserForOperator) -> String {
    let user = &one.user;
    line(&UserLine {
        id: user.id.as_str(),
        username: user.username.as_str(),
        name: &user.name,
        emails: emails(user),
        active: user.active,
        roles: &user.roles,
        presence_policy: one.policy.as_str(),
        blocked_until: one.blocked_until.map(Into::into),
        created_at: user.created_at.into(),
        last_login: user.profile.last_login_at.map(Into::into),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoginLine<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    created_at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_token_part: Option<&'a str>,
}

/// Renders a login or a token, with the names of fields as in `users.getPersonalAccessTokens`.
pub(crate) fn login_line(login: &Login) -> String {
    let (kind, last_token_part) = match &login.kind {
        LoginKind::Password => ("login", None),
        LoginKind::Token { tail, .. } => ("token", Some(tail.as_str())),
    };
    line(&LoginLine {
        kind,
        name: login.token_name(),
        created_at: login.created_at.into(),
        expires_at: login.expires_at.map(Into::into),
        last_token_part,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimLine<'a> {
    source: &'static str,
    status: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
}

/// Renders a claim.
pub(crate) fn claim_line(claim: &Claim) -> String {
    line(&ClaimLine {
        source: claim.source.as_str(),
        status: claim.status.as_str(),
        text: claim.text.as_str(),
        expires_at: claim.expires_at.map(Into::into),
    })
}
