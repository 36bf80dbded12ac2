//! SQL of changes to users. The domain decides what a change makes of a user, and what follows.

use super::{error, find, is_missing_reference, is_unique, refuse_taken, taken};
use crate::domain::{
    ADMIN, Bio, By, Change, Choice, Email, Error, Field, Nickname, Problem, Result, Timestamp,
    User, UserDifference, UserId, UserKey, UserPatch, Username, What,
};
use crate::store::record;
use crate::store::sqlite::{audit, logins, outbox, presence};
use crate::store::{ClaimEffect, PresenceChange};
use rusqlite::{Connection, params};

pub(super) fn update(
    connection: &Connection,
    id: &UserId,
    patch: &UserPatch,
    by: &By,
) -> Result<User> {
    let before = known(connection, id)?;
    refuse_outdated(connection, id, patch)?;
    let after = write(connection, &before, patch, by.at)?;
    before.leave_an_administrator(Some(&after), || has_other_administrator(connection, id))?;
    let has_new_policy = set_policy(connection, id, patch, by.at).map_err(|e| error(&e))?;
    let ended = patch.ended_logins();
    let ended_logins = ended.map_or(Ok(0), |ended| logins::end(connection, id, &ended));
    let difference = UserDifference {
        before: &before,
        after: &after,
        patch,
        has_new_policy,
        ended_logins: ended_logins.map_err(|e| error(&e))?,
    };
    append_all(connection, difference.changes(), by)?;
    if let Some(choice) = patch.choice.clone() {
        presence::change(connection, &chosen(id, choice, by))?;
    }
    audit::append_all(connection, &difference.entries(&by.attribution()))?;
    append_all(connection, difference.logins_ended(), by)?;
    Ok(after)
}

fn append_all(
    connection: &Connection,
    changes: impl IntoIterator<Item = Change>,
    by: &By,
) -> Result<()> {
    let mut events = changes.into_iter().map(|change| by.event(change));
    events.try_for_each(|event| outbox::append(connection, &event))
}

/// Rejects a change whose conditions no longer hold: after the check of the current password,
/// someone may have reset it or ended the login. With a single writer, conditions that hold here
/// hold until the commit.
fn refuse_outdated(connection: &Connection, id: &UserId, patch: &UserPatch) -> Result<()> {
    if let Some(login) = &patch.asked_by {
        logins::require(connection, login)?;
    }
    let Some(checked) = &patch.checked_hash else {
        return Ok(());
    };
    let same: bool = connection
        .prepare_cached("SELECT password_hash = ?2 FROM user WHERE id = ?1")
        .and_then(|mut same| same.query_row([id.as_str(), checked], |row| row.get(0)))
        .map_err(|e| error(&e))?;
    if same {
        return Ok(());
    }
    Err(Error::invalid(
        Field::CurrentPassword,
        Problem::NotValid(String::new()),
    ))
}

/// Writes the parts of a patch that are stored in the user's row, and the roles.
fn write(connection: &Connection, before: &User, patch: &UserPatch, at: Timestamp) -> Result<User> {
    let mut after = patch.apply(before, at)?;
    if let Some(preferences) = &patch.preferences {
        let stored = before.profile.preferences.as_deref();
        let merged = record::preferences::merge(stored, preferences)?;
        after.profile.set_preferences(merged)?;
    }
    let username = patch.username.as_ref().map(Username::as_str);
    let email = patch.email.as_ref().map(Email::as_str);
    refuse_taken(connection, &after.id, Field::Username, username)?;
    refuse_taken(connection, &after.id, Field::Email, email)?;
    set(connection, &after, patch.password_hash.as_deref()).map_err(|e| {
        if is_unique(&e) {
            taken(Field::Username, username.unwrap_or_default())
        } else {
            error(&e)
        }
    })?;
    if patch.roles.is_some() {
        set_roles(connection, &after.id, &after.roles)?;
    }
    Ok(after)
}

fn set_policy(
    connection: &Connection,
    id: &UserId,
    patch: &UserPatch,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let policy = patch.presence_policy;
    policy.map_or(Ok(false), |policy| {
        presence::set_policy(connection, id, policy, at)
    })
}

fn chosen(id: &UserId, choice: Choice, by: &By) -> PresenceChange {
    let at = by.at;
    PresenceChange {
        user: id.clone(),
        by: by.clone(),
        effect: ClaimEffect::Sets,
        rule: Box::new(move |presence| {
            presence.choose(&choice, at);
            Ok(())
        }),
    }
}

pub(super) fn delete(connection: &Connection, id: &UserId, by: &By) -> Result<()> {
    let gone = known(connection, id)?;
    gone.leave_an_administrator(None, || has_other_administrator(connection, id))?;
    connection
        .execute("DELETE FROM user WHERE id = ?1", [id.as_str()])
        .map_err(|e| error(&e))?;
    audit::append(connection, &by.attribution().deleted_user(&gone))?;
    let change = Change::UserDeleted {
        user: gone.id,
        username: gone.username,
    };
    outbox::append(connection, &by.event(change))
}

/// Returns whether an active user other than `id` has the role `admin`.
fn has_other_administrator(connection: &Connection, id: &UserId) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM user_role JOIN user ON user.id = user_id
             WHERE role_id = ?1 AND active = 1 AND user_id <> ?2)",
        )
        .and_then(|mut other| other.query_row([ADMIN, id.as_str()], |row| row.get(0)))
        .map_err(|e| error(&e))
}

/// Writes a user's row. `None` keeps the password.
fn set(
    connection: &Connection,
    user: &User,
    password_hash: Option<&str>,
) -> rusqlite::Result<usize> {
    let (profile, email) = (&user.profile, user.email.as_ref().map(Email::as_str));
    connection.execute(
        "UPDATE user SET username = ?2, username_key = ?3, name = ?4, name_key = ?5, email = ?6, email_key = ?7,
            email_verified = ?8, bio = ?9, nickname = ?10, preferences = ?11, require_password_change = ?12,
            password_hash = coalesce(?13, password_hash), active = ?14, updated_at = ?15, unblocked_at = ?16
         WHERE id = ?1",
        params![
            user.id.as_str(),
            user.username.as_str(),
            Username::key(user.username.as_str()),
            user.name,
            Username::key(&user.name),
            email,
            email.map(Username::key),
            profile.email_verified,
            profile.bio.as_ref().map(Bio::as_str),
            profile.nickname.as_ref().map(Nickname::as_str),
            profile.preferences.as_deref(),
            profile.require_password_change,
            password_hash,
            user.active,
            user.updated_at.as_millis(),
            profile.unblocked_at.map(Timestamp::as_millis),
        ],
    )
}

/// Replaces the roles of a user.
pub(super) fn set_roles(connection: &Connection, id: &UserId, roles: &[String]) -> Result<()> {
    connection
        .execute("DELETE FROM user_role WHERE user_id = ?1", [id.as_str()])
        .map_err(|e| error(&e))?;
    roles.iter().try_for_each(|role| {
        connection
            .execute(
                "INSERT OR IGNORE INTO user_role (user_id, role_id) VALUES (?1, ?2)",
                [id.as_str(), role],
            )
            .map(drop)
            .map_err(|e| {
                if is_missing_reference(&e) {
                    unknown_role()
                } else {
                    error(&e)
                }
            })
    })
}

fn known(connection: &Connection, id: &UserId) -> Result<User> {
    let found = find(connection, &UserKey::Id(id.clone())).map_err(|e| error(&e))?;
    let unknown = || Error::NotFound(What::User(id.as_str().to_owned()));
    found.map(|(user, _)| user).ok_or_else(unknown)
}

fn unknown_role() -> Error {
    Error::invalid(Field::Role, Problem::Unknown)
}
