//! The use of an invitation in SQL: one transaction, so that a link works once, and a password that
//! was acknowledged is one that opens a login.

use super::rows::by_token;
use crate::domain::{Acceptance, Action, By, Error, LinkEnd, Result, User};
use crate::store::sql::logins::create::create_attributed;
use crate::store::sql::users::change;
use crate::store::sql::{Sql, audit, values};

pub(super) fn accept(sql: &impl Sql, acceptance: &Acceptance, by: &By) -> Result<User> {
    let unknown = Error::LinkEnded(LinkEnd::Unknown);
    let found = by_token(sql, &acceptance.token_hash)?.ok_or(unknown)?;
    let invitation = found.invitation;
    invitation.require_open(by.at)?;
    // First: the new password ends the unused ones.
    sql.run(
        "UPDATE invitation SET used_at = $1 WHERE id = $2",
        values![by.at, invitation.id.as_str()],
    )?;
    let attribution = by.attribution();
    let user = (&invitation.user, &found.username);
    let entry = attribution.clone();
    let entry = entry.invitation(Action::InvitationAccepted, invitation.kind, user);
    audit::append(sql, &entry)?;
    let user = change::update(sql, &invitation.user, &acceptance.patch(), by)?;
    create_attributed(sql, &acceptance.login, &attribution)?;
    Ok(user)
}
