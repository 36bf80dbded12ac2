//! Adds logins in SQL.

use super::end::{append_ended, end, require, username};
use crate::domain::{
    Attribution, EndedLogins, Error, Field, Login, LoginKind, LoginOrigin, NewLogin, Problem,
    Result, UserId, UserKey, What,
};
use crate::store::sql::users::rows as users;
use crate::store::sql::{Row, Sql, audit, values};

/// The result of adding a login without ending another.
pub(super) enum Added {
    Done,
    /// Not added: another login must end first.
    TooMany,
}

/// Adds a login if its user is below the limit.
pub(super) fn within_limit(
    sql: &impl Sql,
    new: &NewLogin,
    attribution: &Attribution,
) -> Result<Added> {
    check_conditions(sql, new)?;
    if evicted(sql, new)?.is_some() {
        return Ok(Added::TooMany);
    }
    create_attributed(sql, new, attribution)?;
    Ok(Added::Done)
}

/// Adds a login, and ends those that exceed the limit.
pub(super) fn instead(sql: &impl Sql, new: &NewLogin, attribution: &Attribution) -> Result<()> {
    check_conditions(sql, new)?;
    let user = &new.login.user;
    let evicted = evicted(sql, new)?;
    let ended = evicted.map_or(Ok(0), |evicted| end(sql, user, &evicted))?;
    create_attributed(sql, new, attribution)?;
    if ended == 0 {
        return Ok(());
    }
    let (found, _) = users::find(sql, &UserKey::Id(user.clone()))?.ok_or_else(|| unknown(user))?;
    let attribution = attribution.clone();
    let entry = attribution.evicted_logins(user, &found.username, ended);
    audit::append(sql, &entry)?;
    append_ended(sql, user, &found.by(new.login.created_at))
}

/// Adds a login and its audit record.
pub fn create_attributed(sql: &impl Sql, new: &NewLogin, attribution: &Attribution) -> Result<()> {
    create(sql, &new.login, &new.origin)?;
    let owner = username(sql, &new.login.user)?;
    let entry = attribution.clone().created_login(&new.login, &owner);
    audit::append(sql, &entry)
}

fn check_conditions(sql: &impl Sql, new: &NewLogin) -> Result<()> {
    if let Some(asked_by) = &new.asked_by {
        require(sql, asked_by)?;
    }
    delete_expired(sql, &new.login)
}

/// Returns the logins that end to make room for a new one.
fn evicted(sql: &impl Sql, new: &NewLogin) -> Result<Option<EndedLogins>> {
    let held = sql.only(
        "SELECT count(*) FROM login WHERE user_id = $1 AND name IS NULL",
        values![new.login.user.as_str()],
    )?;
    Ok(new.evicted(held))
}

/// Adds a login.
pub(super) fn create(sql: &impl Sql, login: &Login, origin: &LoginOrigin) -> Result<()> {
    refuse_inactive(sql, &login.user)?;
    let (name, tail, bypass) = match &login.kind {
        LoginKind::Password => (None, None, false),
        LoginKind::Token {
            name,
            tail,
            bypass_two_factor,
        } => (Some(name), Some(tail), *bypass_two_factor),
    };
    if name.is_none() {
        note_login(sql, login)?;
    }
    let address = origin.address.map(|address| address.to_string());
    let inserted = sql.execute(
        "INSERT INTO login (id, user_id, name, created_at, expires_at, token_tail, bypass_two_factor, address, client)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            login.id.as_str(),
            login.user.as_str(),
            name,
            login.created_at,
            login.expires_at,
            tail,
            bypass,
            address.as_deref(),
            origin.client.as_deref(),
        ],
    );
    inserted.map_err(|e| {
        e.if_unique(|| {
            Error::invalid(
                Field::TokenName,
                Problem::Taken(name.cloned().unwrap_or_default()),
            )
        })
    })?;
    Ok(())
}

/// Rejects a login for an unknown or deactivated user. A login requested just before a deactivation
/// would otherwise exist after the next activation.
fn refuse_inactive(sql: &impl Sql, user: &UserId) -> Result<()> {
    let active = sql.first(
        "SELECT active FROM user WHERE id = $1",
        values![user.as_str()],
        |row| row.get(0),
    )?;
    match active {
        Some(true) => Ok(()),
        Some(false) => Err(Error::Deactivated),
        None => Err(unknown(user)),
    }
}

fn unknown(user: &UserId) -> Error {
    Error::NotFound(What::User(user.as_str().to_owned()))
}

/// Deletes logins of the same user that had expired when `login` was created. Otherwise they would
/// stay forever and keep their names.
fn delete_expired(sql: &impl Sql, login: &Login) -> Result<()> {
    sql.run(
        "DELETE FROM login WHERE user_id = $1 AND expires_at <= $2",
        values![login.user.as_str(), login.created_at],
    )
}

/// Cached sessions stay valid: no data that decides access has changed.
fn note_login(sql: &impl Sql, login: &Login) -> Result<()> {
    sql.run(
        "UPDATE user SET last_login_at = $1 WHERE id = $2",
        values![login.created_at, login.user.as_str()],
    )
}
