//! Adds invitations in SQL.

use super::end::{end_unused, forget_used};
use crate::domain::{
    Action, Attribution, Error, InvitedUser, NewInvitation, Result, UserId, Username, What,
};
use crate::store::sql::logins::end::username;
use crate::store::sql::{Sql, audit, users, values};

/// Adds users, each with an invitation.
pub(super) fn with_users(
    sql: &impl Sql,
    users: &[InvitedUser],
    password_hash: &str,
    by: &Attribution,
) -> Result<()> {
    for InvitedUser { user, invitation } in users {
        users::create_attributed(sql, user, password_hash, by)?;
        insert(sql, invitation, &user.username, by)?;
    }
    forget_used(sql, by.at)
}

/// Adds an invitation of an existing user, which replaces the unused ones.
pub(super) fn create(sql: &impl Sql, new: &NewInvitation, by: &Attribution) -> Result<()> {
    let owner = username(sql, &new.invitation.user)?;
    end_unused(sql, &new.invitation.user)?;
    insert(sql, new, &owner, by)?;
    forget_used(sql, by.at)
}

/// Adds an invitation with its audit record.
fn insert(sql: &impl Sql, new: &NewInvitation, owner: &Username, by: &Attribution) -> Result<()> {
    let invitation = &new.invitation;
    let unknown = || Error::NotFound(What::User(invitation.user.as_str().to_owned()));
    let added = sql.execute(
        "INSERT INTO invitation (id, user_id, kind, token_hash, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values![
            invitation.id.as_str(),
            invitation.user.as_str(),
            invitation.kind.as_str(),
            &new.token_hash,
            invitation.created_by.as_ref().map(UserId::as_str),
            invitation.created_at,
            invitation.expires_at,
        ],
    );
    added.map_err(|e| e.if_missing(unknown))?;
    let user = (&invitation.user, owner);
    let entry = by.clone();
    let entry = entry.invitation(Action::InvitationCreated, invitation.kind, user);
    audit::append(sql, &entry)
}
