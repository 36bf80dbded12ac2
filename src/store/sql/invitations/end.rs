//! Ends invitations in SQL.

use super::rows::by_id;
use crate::domain::{
    Action, Attribution, Error, InvitationId, InvitationRecord, Result, Timestamp, UserId, What,
};
use crate::store::sql::{Sql, audit, values};
use std::time::Duration;

/// How long a used invitation is kept, so that a second click learns that the link was used.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Deletes the unused invitations of a user: a password that was set since must not be replaced by
/// an older link.
pub fn end_unused(sql: &impl Sql, user: &UserId) -> Result<()> {
    sql.run(
        "DELETE FROM invitation WHERE user_id = $1 AND used_at IS NULL",
        values![user.as_str()],
    )
}

/// Deletes invitations that were used long ago. Their number is small, and so is the table.
pub(super) fn forget_used(sql: &impl Sql, now: Timestamp) -> Result<()> {
    sql.run(
        "DELETE FROM invitation WHERE used_at < $1",
        values![now.before(KEPT)],
    )
}

/// Deletes an unused invitation with an audit record.
pub(super) fn revoke(sql: &impl Sql, id: &InvitationId, by: &Attribution) -> Result<()> {
    let unused = |record: &InvitationRecord| record.invitation.used_at.is_none();
    let unknown = || Error::NotFound(What::Invitation(id.as_str().to_owned()));
    let found = by_id(sql, id)?.filter(unused).ok_or_else(unknown)?;
    sql.run("DELETE FROM invitation WHERE id = $1", values![id.as_str()])?;
    let (kind, user) = (found.invitation.kind, &found.invitation.user);
    let entry = by.clone();
    let entry = entry.invitation(Action::InvitationRevoked, kind, (user, &found.username));
    audit::append(sql, &entry)
}
