//! Links with which people choose a password, as JSON. The shape is ours.

use crate::api::wire::date::Rfc3339;
use crate::api::wire::display::qr_rows;
use crate::domain::{InvitationRecord, Username};
use crate::service::invitations::IssuedLink;
use serde::Serialize;

/// The response to `invitations.create`, the only one with the link. `qr` is its QR code, as for a
/// display.
#[derive(Serialize)]
pub(in crate::api) struct LinkReply<'a> {
    invitation: InvitationRow<'a>,
    url: String,
    qr: Vec<String>,
}

/// The response to `invitations.look`.
#[derive(Serialize)]
pub(in crate::api) struct InvitationReply<'a> {
    invitation: ShownInvitation<'a>,
}

/// The response to `invitations.list`.
#[derive(Serialize)]
pub(in crate::api) struct InvitationList<'a> {
    invitations: Vec<InvitationRow<'a>>,
}

/// An invitation, for those who may invite.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationRow<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    user_id: &'a str,
    created_at: Rfc3339,
    #[serde(flatten)]
    shown: ShownInvitation<'a>,
}

/// What the holder of a link sees.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownInvitation<'a> {
    kind: &'static str,
    username: &'a str,
    name: &'a str,
    /// Absent for a link of the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'a str>,
    expires_at: Rfc3339,
}

impl<'a> LinkReply<'a> {
    /// Renders a new link on the server at `site_url`. The token is in the fragment, which no
    /// browser sends to any server.
    pub(in crate::api) fn new(link: &'a IssuedLink, site_url: &str) -> Self {
        let url = join_url(site_url, link);
        Self {
            invitation: (&link.record).into(),
            qr: qr_rows(&url),
            url,
        }
    }
}

/// Returns the address of the page that uses a link.
pub(crate) fn join_url(site_url: &str, link: &IssuedLink) -> String {
    format!("{site_url}/join#{}", link.token.expose())
}

impl<'a> From<&'a InvitationRecord> for InvitationReply<'a> {
    fn from(record: &'a InvitationRecord) -> Self {
        let invitation = record.into();
        Self { invitation }
    }
}

impl<'a> From<&'a [InvitationRecord]> for InvitationList<'a> {
    fn from(records: &'a [InvitationRecord]) -> Self {
        let invitations = records.iter().map(Into::into).collect();
        Self { invitations }
    }
}

impl<'a> From<&'a InvitationRecord> for InvitationRow<'a> {
    fn from(record: &'a InvitationRecord) -> Self {
        let invitation = &record.invitation;
        Self {
            id: invitation.id.as_str(),
            user_id: invitation.user.as_str(),
            created_at: invitation.created_at.into(),
            shown: record.into(),
        }
    }
}

impl<'a> From<&'a InvitationRecord> for ShownInvitation<'a> {
    fn from(record: &'a InvitationRecord) -> Self {
        Self {
            kind: record.invitation.kind.as_str(),
            username: record.username.as_str(),
            name: &record.name,
            created_by: record.creator.as_ref().map(Username::as_str),
            expires_at: record.invitation.expires_at.into(),
        }
    }
}
