//! The claims on a user's status as JSON. The shape is ours.

use crate::api::wire::date::Rfc3339;
use crate::domain::Claim;
use crate::service::presence::ClaimList;
use serde::Serialize;

/// The response to `users.claims`.
#[derive(Serialize)]
pub(in crate::api) struct ClaimsReply<'a> {
    claims: Vec<ClaimRow<'a>>,
    base: Base,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimRow<'a> {
    source: &'static str,
    status: &'static str,
    text: &'a str,
    /// Absent for a claim from before schema 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
    /// Whether the claim is the effective one.
    counts: bool,
}

#[derive(Serialize)]
struct Base {
    status: &'static str,
}

impl<'a> From<&'a ClaimList> for ClaimsReply<'a> {
    fn from(list: &'a ClaimList) -> Self {
        let rows = list.claims.iter().enumerate();
        Self {
            claims: rows
                .map(|(n, claim)| ClaimRow::new(claim, n == 0))
                .collect(),
            base: Base {
                status: list.base.as_str(),
            },
        }
    }
}

impl<'a> ClaimRow<'a> {
    fn new(claim: &'a Claim, counts: bool) -> Self {
        Self {
            source: claim.source.as_str(),
            status: claim.status.as_str(),
            text: claim.text.as_str(),
            set_at: claim.set_at.map(Into::into),
            expires_at: claim.expires_at.map(Into::into),
            counts,
        }
    }
}
