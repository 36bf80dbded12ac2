//! SQL of what changes about a user: the record, its roles, the logins that end with it, and the last administrator, who stays.
//! Knows nothing of who may change what.

use super::{error, find, is_missing_reference, is_unique, refuse_taken, taken};
use crate::domain::{
    ADMIN, Bio, Choice, Email, Error, Field, Nickname, Problem, Profile, Result, Timestamp, User,
    UserId, UserKey, Username, What,
};
use crate::store::sqlite::presence;
use crate::store::{PresenceChange, RoleChange, UserPatch};
use rusqlite::{Connection, params};

pub(super) fn update(
    connection: &Connection,
    id: &UserId,
    patch: &UserPatch,
    at: Timestamp,
) -> Result<User> {
    keeping_an_administrator(connection, || {
        let username = patch.username.as_ref().map(Username::as_str);
        let email = patch.email.as_ref().map(Email::as_str);
        refuse_taken(connection, id, Field::Username, username)?;
        refuse_taken(connection, id, Field::Email, email)?;
        let changed = set(connection, id, patch, at).map_err(|e| {
            if is_unique(&e) {
                taken(Field::Username, username.unwrap_or_default())
            } else {
                error(&e)
            }
        })?;
        if changed == 0 {
            return Err(unknown(id));
        }
        if patch.preferences.is_some() {
            refuse_many_preferences(connection, id)?;
        }
        if let Some(roles) = &patch.roles {
            change_roles(connection, id, roles)?;
        }
        if let Some((choice, actor, name)) = patch.choice.clone() {
            presence::change(connection, chosen(id, choice, (actor, name), at))?;
        }
        end_logins(connection, id, patch).map_err(|e| error(&e))
    })?;
    let found = find(connection, &UserKey::Id(id.clone())).map_err(|e| error(&e))?;
    found.map(|(user, _)| user).ok_or_else(|| unknown(id))
}

fn chosen(id: &UserId, choice: Choice, actor: (UserId, Username), at: Timestamp) -> PresenceChange {
    PresenceChange {
        user: id.clone(),
        actor,
        at,
        expires: false,
        rule: Box::new(move |presence| {
            presence.choose(choice, at);
            Ok(())
        }),
    }
}

pub(super) fn delete(connection: &Connection, id: &UserId) -> Result<()> {
    keeping_an_administrator(connection, || {
        let deleted = connection
            .execute("DELETE FROM user WHERE id = ?1", [id.as_str()])
            .map_err(|e| error(&e))?;
        if deleted == 0 {
            return Err(unknown(id));
        }
        Ok(())
    })
}

/// Makes a change, and refuses it when there was an active administrator before it and is none after it. The writer rolls a refused
/// change back.
fn keeping_an_administrator(
    connection: &Connection,
    change: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let before = has_administrator(connection).map_err(|e| error(&e))?;
    change()?;
    if before && !has_administrator(connection).map_err(|e| error(&e))? {
        return Err(Error::LastAdministrator);
    }
    Ok(())
}

fn has_administrator(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM user_role JOIN user ON user.id = user_id WHERE role_id = ?1 AND active = 1)",
        )?
        .query_row([ADMIN], |row| row.get(0))
}

fn set(
    connection: &Connection,
    id: &UserId,
    patch: &UserPatch,
    at: Timestamp,
) -> rusqlite::Result<usize> {
    let email_key = patch.email.as_ref().map(|e| Username::key(e.as_str()));
    connection.execute(
        "UPDATE user SET
            username = coalesce(?2, username), username_key = coalesce(?3, username_key),
            name = coalesce(?4, name), name_key = coalesce(?5, name_key),
            email = coalesce(?6, email), email_key = coalesce(?7, email_key),
            email_verified = coalesce(?8, CASE WHEN ?7 <> email_key OR ?7 IS NOT NULL AND email_key IS NULL THEN 0 END, email_verified),
            bio = nullif(coalesce(?9, bio), ''), nickname = nullif(coalesce(?10, nickname), ''),
            preferences = CASE WHEN ?11 IS NULL THEN preferences ELSE json_patch(coalesce(preferences, '{}'), ?11) END,
            require_password_change = coalesce(?12, require_password_change),
            password_hash = coalesce(?13, password_hash), active = coalesce(?14, active), updated_at = ?15
         WHERE id = ?1",
        params![
            id.as_str(),
            patch.username.as_ref().map(Username::as_str),
            patch.username.as_ref().map(|name| Username::key(name.as_str())),
            patch.name,
            patch.name.as_deref().map(Username::key),
            patch.email.as_ref().map(Email::as_str),
            email_key,
            patch.email_verified,
            patch.bio.as_ref().map(Bio::as_str),
            patch.nickname.as_ref().map(Nickname::as_str),
            patch.preferences,
            patch.require_password_change,
            patch.password_hash,
            patch.active,
            at.as_millis(),
        ],
    )
}

/// Refuses what a merge has made too long: only here is it known how much there was before.
fn refuse_many_preferences(connection: &Connection, id: &UserId) -> Result<()> {
    let most = Profile::MAX_PREFERENCES;
    let length: i64 = connection
        .prepare_cached("SELECT length(preferences) FROM user WHERE id = ?1")
        .and_then(|mut length| length.query_row([id.as_str()], |row| row.get(0)))
        .map_err(|e| error(&e))?;
    if usize::try_from(length).is_ok_and(|length| length <= most) {
        return Ok(());
    }
    Err(Error::Invalid {
        field: Field::Preferences,
        problem: Problem::TooLong(most),
    })
}

fn end_logins(connection: &Connection, id: &UserId, patch: &UserPatch) -> rusqlite::Result<()> {
    if patch.active == Some(false) {
        connection.execute("DELETE FROM login WHERE user_id = ?1", [id.as_str()])?;
    } else if patch.password_hash.is_some() {
        let kept = patch.keep_login.as_ref().map_or("", |id| id.as_str());
        connection.execute(
            "DELETE FROM login WHERE user_id = ?1 AND name IS NULL AND id <> ?2",
            [id.as_str(), kept],
        )?;
    }
    Ok(())
}

fn change_roles(connection: &Connection, id: &UserId, change: &RoleChange) -> Result<()> {
    let changed = match change {
        RoleChange::Replace(roles) => return set_roles(connection, id, roles),
        RoleChange::Add(role) => give(connection, id, role)?,
        RoleChange::Remove(role) => connection
            .execute(
                "DELETE FROM user_role WHERE user_id = ?1 AND role_id = ?2",
                [id.as_str(), role],
            )
            .map_err(|e| error(&e))?,
    };
    if changed == 0 {
        return Err(role_is(Problem::Unchanged));
    }
    Ok(())
}

pub(super) fn set_roles(connection: &Connection, id: &UserId, roles: &[String]) -> Result<()> {
    connection
        .execute("DELETE FROM user_role WHERE user_id = ?1", [id.as_str()])
        .map_err(|e| error(&e))?;
    roles
        .iter()
        .try_for_each(|role| give(connection, id, role).map(drop))
}

/// Gives a user a role: 1, or 0 when it was held already.
fn give(connection: &Connection, id: &UserId, role: &str) -> Result<usize> {
    connection
        .execute(
            "INSERT OR IGNORE INTO user_role (user_id, role_id) VALUES (?1, ?2)",
            [id.as_str(), role],
        )
        .map_err(|e| {
            if is_missing_reference(&e) {
                role_is(Problem::Unknown)
            } else {
                error(&e)
            }
        })
}

fn unknown(id: &UserId) -> Error {
    Error::NotFound(What::User(id.as_str().to_owned()))
}

fn role_is(problem: Problem) -> Error {
    Error::Invalid {
        field: Field::Role,
        problem,
    }
}
