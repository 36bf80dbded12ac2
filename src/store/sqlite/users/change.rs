//! SQL of changes to users: record, roles and ended logins. Protects the last administrator.

use super::events::Changed;
use super::{error, find, is_missing_reference, is_unique, refuse_taken, taken};
use crate::domain::{
    ADMIN, Bio, By, Change, Choice, Email, Error, Field, Nickname, Problem, Profile, Result,
    Timestamp, User, UserDifference, UserId, UserKey, Username, What,
};
use crate::store::sqlite::{audit, logins, outbox, presence};
use crate::store::{ClaimEffect, PresenceChange, RoleChange, UserPatch};
use rusqlite::{Connection, params};

pub(super) fn update(
    connection: &Connection,
    id: &UserId,
    patch: &UserPatch,
    by: &By,
) -> Result<User> {
    let before = known(connection, id)?;
    refuse_outdated(connection, id, patch)?;
    keeping_an_administrator(connection, || write(connection, id, patch, by.at))?;
    let policy = set_policy(connection, id, patch, by.at).map_err(|e| error(&e))?;
    let after = known(connection, id)?;
    let changed = Changed {
        before: &before,
        after: &after,
        policy,
    };
    changed.tell(connection, by)?;
    if let Some(choice) = patch.choice.clone() {
        presence::change(connection, &chosen(id, choice, by))?;
    }
    let ended_logins = end_logins(connection, id, patch).map_err(|e| error(&e))?;
    let difference = UserDifference {
        before: &before,
        after: &after,
        has_new_password: patch.password_hash.is_some(),
        // A new password also lifts the block, and has its own record.
        is_unblocked: patch.unblock && patch.password_hash.is_none(),
        ended_logins,
    };
    audit::append_all(connection, &difference.entries(&by.attribution()))?;
    if ended_logins > 0 {
        logins::tell_ended(connection, id, by)?;
    }
    Ok(after)
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
    Err(Error::Invalid {
        field: Field::CurrentPassword,
        problem: Problem::NotValid(String::new()),
    })
}

/// Writes the parts of a patch that are stored in the user's row, and the roles.
fn write(connection: &Connection, id: &UserId, patch: &UserPatch, at: Timestamp) -> Result<()> {
    let username = patch.username.as_ref().map(Username::as_str);
    let email = patch.email.as_ref().map(Email::as_str);
    refuse_taken(connection, id, Field::Username, username)?;
    refuse_taken(connection, id, Field::Email, email)?;
    set(connection, id, patch, at).map_err(|e| {
        if is_unique(&e) {
            taken(Field::Username, username.unwrap_or_default())
        } else {
            error(&e)
        }
    })?;
    if patch.preferences.is_some() {
        refuse_many_preferences(connection, id)?;
    }
    let roles = patch.roles.as_ref();
    roles.map_or(Ok(()), |roles| change_roles(connection, id, roles))
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
            presence.choose(choice.clone(), at);
            Ok(())
        }),
    }
}

pub(super) fn delete(connection: &Connection, id: &UserId, by: &By) -> Result<()> {
    let gone = known(connection, id)?;
    keeping_an_administrator(connection, || {
        connection
            .execute("DELETE FROM user WHERE id = ?1", [id.as_str()])
            .map(drop)
            .map_err(|e| error(&e))
    })?;
    audit::append(connection, &by.attribution().deleted_user(&gone))?;
    let change = Change::UserDeleted {
        user: gone.id,
        username: gone.username,
    };
    outbox::append(connection, &by.event(change))
}

/// Runs a change. Fails if there was an active administrator before and none after it. The writer
/// rolls back a failed change.
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
            password_hash = coalesce(?13, password_hash), active = coalesce(?14, active), updated_at = ?15,
            unblocked_at = CASE WHEN ?16 THEN ?15 ELSE unblocked_at END
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
            patch.unblock,
        ],
    )
}

/// Rejects preferences that are too long after the merge. The previous size is only known here.
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

/// Ends logins as the patch requires. Returns their number.
fn end_logins(connection: &Connection, id: &UserId, patch: &UserPatch) -> rusqlite::Result<usize> {
    if patch.active == Some(false) {
        return connection.execute("DELETE FROM login WHERE user_id = ?1", [id.as_str()]);
    }
    if patch.password_hash.is_none() {
        return Ok(0);
    }
    let kept = patch.keep_login.as_ref().map_or("", |id| id.as_str());
    connection.execute(
        "DELETE FROM login WHERE user_id = ?1 AND name IS NULL AND id <> ?2",
        [id.as_str(), kept],
    )
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

/// Gives a user a role. Returns 1, or 0 if it was already held.
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

fn known(connection: &Connection, id: &UserId) -> Result<User> {
    let found = find(connection, &UserKey::Id(id.clone())).map_err(|e| error(&e))?;
    let unknown = || Error::NotFound(What::User(id.as_str().to_owned()));
    found.map(|(user, _)| user).ok_or_else(unknown)
}

fn role_is(problem: Problem) -> Error {
    Error::Invalid {
        field: Field::Role,
        problem,
    }
}
