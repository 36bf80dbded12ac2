//! Ends logins in SQL.

use super::rows::LAST_USED;
use crate::domain::{By, Change, EndedLogins, Error, LoginId, Result, UserId, Username, What};
use crate::store::sql::{Row, Sql, audit, outbox, values};

/// Ends logins. Returns their number.
pub fn end(sql: &impl Sql, user: &UserId, ended: &EndedLogins) -> Result<usize> {
    let user = user.as_str();
    let ended = match ended {
        EndedLogins::All => {
            sql.execute("DELETE FROM login WHERE user_id = $1", values![user])
        }
        EndedLogins::Password { kept } => sql.execute(
            "DELETE FROM login WHERE user_id = $1 AND name IS NULL AND id <> $2",
            values![user, kept.as_ref().map_or("", LoginId::as_str)],
        ),
        EndedLogins::Unused { kept } => sql.execute(
            &format!(
                "DELETE FROM login WHERE user_id = $1 AND name IS NULL AND id NOT IN (
                    SELECT id FROM login WHERE user_id = $1 AND name IS NULL ORDER BY {LAST_USED} DESC, id LIMIT $2)"
            ),
            values![user, *kept],
        ),
    };
    Ok(ended?)
}

/// Fails if the requesting login has ended.
pub fn require(sql: &impl Sql, login: &LoginId) -> Result<()> {
    if sql.exists("SELECT 1 FROM login WHERE id = $1", values![login.as_str()])? {
        Ok(())
    } else {
        Err(Error::Unauthenticated)
    }
}

/// Ends logins with an audit record and an event, if there were any.
pub(super) fn end_all(sql: &impl Sql, user: &UserId, ended: &EndedLogins, by: &By) -> Result<()> {
    let owner = username(sql, user)?;
    let ended = end(sql, user, ended)?;
    if ended == 0 {
        return Ok(());
    }
    let entry = by.attribution().ended_logins(user, &owner, ended);
    audit::append(sql, &entry)?;
    append_ended(sql, user, by)
}

/// Returns the username, for the audit trail.
pub fn username(sql: &impl Sql, user: &UserId) -> Result<Username> {
    let found = sql.first(
        "SELECT username FROM user WHERE id = $1",
        values![user.as_str()],
        |row| row.get(0).map(Username::stored),
    )?;
    found.ok_or_else(|| Error::NotFound(What::User(user.as_str().to_owned())))
}

/// Appends the event for ended logins of `user`.
pub(super) fn append_ended(sql: &impl Sql, user: &UserId, by: &By) -> Result<()> {
    let user = user.clone();
    outbox::append(sql, &by.event(Change::LoginsEnded { user }))
}

/// Ends one login. Returns `false` if there was none.
pub(super) fn delete(sql: &impl Sql, id: &LoginId, by: &By) -> Result<bool> {
    let ended: Option<(UserId, Option<String>)> = sql.first(
        "DELETE FROM login WHERE id = $1 RETURNING user_id, name",
        values![id.as_str()],
        |row| Ok((UserId::new(row.get::<String>(0)?), row.get(1)?)),
    )?;
    let Some((user, token)) = ended else {
        return Ok(false);
    };
    let owner = username(sql, &user)?;
    let attribution = by.attribution();
    let entry = attribution.ended_login(&user, &owner, token.as_deref());
    audit::append(sql, &entry)?;
    append_ended(sql, &user, by)?;
    Ok(true)
}
