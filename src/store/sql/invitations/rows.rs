//! Reads rows of invitations with the names of their users.

use crate::domain::{
    Error, Invitation, InvitationId, InvitationKind, InvitationRecord, Result, UserId, Username,
};
use crate::store::sql::{Row, Sql, values};

const SELECT: &str =
    "SELECT invitation.id, invitation.user_id, kind, created_by, invitation.created_at, expires_at, used_at,
        user.username, user.name, creator.username
     FROM invitation JOIN user ON user.id = invitation.user_id LEFT JOIN user AS creator ON creator.id = created_by";

/// Returns the invitation with this digest.
pub(super) fn by_token(sql: &impl Sql, token_hash: &str) -> Result<Option<InvitationRecord>> {
    let select = format!("{SELECT} WHERE token_hash = $1");
    sql.first(&select, values![token_hash], |row| read(row))
}

/// Returns the invitation with this id.
pub(super) fn by_id(sql: &impl Sql, id: &InvitationId) -> Result<Option<InvitationRecord>> {
    let select = format!("{SELECT} WHERE invitation.id = $1");
    sql.first(&select, values![id.as_str()], |row| read(row))
}

/// Returns the unused invitations, the latest first.
pub(super) fn unused(sql: &impl Sql) -> Result<Vec<InvitationRecord>> {
    let select = format!(
        "{SELECT} WHERE used_at IS NULL ORDER BY invitation.created_at DESC, invitation.id"
    );
    sql.all(&select, &[], |row| read(row))
}

fn read(row: &impl Row) -> Result<InvitationRecord> {
    let kind = InvitationKind::named(row.get(2)?);
    Ok(InvitationRecord {
        invitation: Invitation {
            id: InvitationId::new(row.get::<String>(0)?),
            user: UserId::new(row.get::<String>(1)?),
            kind: kind.ok_or_else(|| Error::internal("unknown kind of an invitation"))?,
            created_by: row.get::<Option<String>>(3)?.map(UserId::new),
            created_at: row.get(4)?,
            expires_at: row.get(5)?,
            used_at: row.get(6)?,
        },
        username: Username::stored(row.get(7)?),
        name: row.get(8)?,
        creator: row.get::<Option<_>>(9)?.map(Username::stored),
    })
}
