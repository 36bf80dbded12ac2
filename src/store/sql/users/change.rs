//! Changes to users in SQL. `UserPatch` of the domain computes the changed user, the logins that end
//! and the events. `require_administrator` and `require_permission_manager` protect the last users
//! who can administer.

use super::rows::{find, refuse_taken, taken};
use crate::domain::{
    ADMIN, Bio, By, Change, Choice, Email, Error, Field, Nickname, Presence, Problem, Result,
    StatusVisibility, Timestamp, User, UserDifference, UserId, UserKey, UserPatch, Username,
    VisibilitySwitches, What, require_administrator, require_permission_manager,
};
use crate::store::record;
use crate::store::sql::invitations::end as invitations;
use crate::store::sql::logins::end as logins;
use crate::store::sql::{Sql, audit, outbox, permissions, presence, status_visibility, values};
use crate::store::{ClaimEffect, PresenceChange};

pub fn update(sql: &impl Sql, id: &UserId, patch: &UserPatch, by: &By) -> Result<User> {
    let before = require(sql, id)?;
    refuse_outdated(sql, id, patch)?;
    let after = if patch.roles.is_some() || patch.active == Some(false) {
        let manager = permissions::manager(sql)?;
        let after = write(sql, &before, patch, by.at)?;
        require_administrator(&before, Some(&after), || has_other_administrator(sql, id))?;
        require_permission_manager(manager, permissions::manager(sql)?)?;
        after
    } else {
        write(sql, &before, patch, by.at)?
    };
    let policy = patch.presence_policy;
    let has_new_policy = policy.map_or(Ok(false), |policy| {
        presence::set_policy(sql, id, policy, by.at)
    })?;
    let ended = patch.ended_logins();
    let difference = UserDifference {
        before: &before,
        after: &after,
        patch,
        has_new_policy,
        ended_logins: ended.map_or(Ok(0), |ended| logins::end(sql, id, &ended))?,
    };
    append_all(sql, difference.changes(), by)?;
    if patch.password_hash.is_some() {
        invitations::end_unused(sql, id)?;
    }
    let rules = patch
        .visibility
        .as_ref()
        .map(|visibility| status_visibility::change(sql, &after, (visibility, patch.switches), by));
    let rules_before = rules.transpose()?;
    if let Some(choice) = patch.choice.clone() {
        let change = chosen(id, (choice, patch.switches), rules_before, by);
        presence::change(sql, &change)?;
    }
    audit::append_all(sql, &difference.entries(&by.attribution()))?;
    append_all(sql, difference.logins_ended(), by)?;
    Ok(after)
}

fn append_all(sql: &impl Sql, changes: impl IntoIterator<Item = Change>, by: &By) -> Result<()> {
    let mut events = changes.into_iter().map(|change| by.event(change));
    events.try_for_each(|event| outbox::append(sql, &event))
}

/// Rejects a change whose conditions no longer hold: after the check of the current password,
/// someone may have reset it or ended the login. With a single writer, conditions that hold here
/// hold until the commit.
pub(super) fn refuse_outdated(sql: &impl Sql, id: &UserId, patch: &UserPatch) -> Result<()> {
    if let Some(login) = &patch.asked_by {
        logins::require(sql, login)?;
    }
    let Some(checked) = &patch.checked_hash else {
        return Ok(());
    };
    let same = "SELECT 1 FROM user WHERE id = $1 AND password_hash = $2";
    if sql.exists(same, values![id.as_str(), checked])? {
        return Ok(());
    }
    Err(Error::invalid(
        Field::CurrentPassword,
        Problem::NotValid(String::new()),
    ))
}

/// Writes the parts of a patch that are stored in the user's row, and the roles.
fn write(sql: &impl Sql, before: &User, patch: &UserPatch, at: Timestamp) -> Result<User> {
    let mut after = patch.apply(before, at)?;
    if let Some(preferences) = &patch.preferences {
        let stored = before.profile.preferences.as_deref();
        let merged = record::preferences::merge(stored, preferences)?;
        after.profile.set_preferences(merged)?;
    }
    let username = patch.username.as_ref().map(Username::as_str);
    let email = patch.email.as_ref().map(Email::as_str);
    refuse_taken(sql, &after.id, Field::Username, username)?;
    refuse_taken(sql, &after.id, Field::Email, email)?;
    set(sql, &after, patch.password_hash.as_deref())?;
    if patch.roles.is_some() {
        set_roles(sql, &after.id, &after.roles)?;
    }
    Ok(after)
}

/// Returns the change of the status of `id`. While the presence is disabled, a form may repeat what
/// its author sees: others see a hidden status, and must not find out the true one.
fn chosen(
    id: &UserId,
    (choice, switches): (Choice, VisibilitySwitches),
    rules_before: Option<StatusVisibility>,
    by: &By,
) -> PresenceChange {
    let at = by.at;
    let is_own = by.attribution().author.user().map(|(author, _)| author) == Some(id);
    let was_allowed = rules_before.is_some_and(|rules| switches.allow_status_of(&rules).is_ok());
    PresenceChange {
        user: id.clone(),
        by: by.clone(),
        effect: ClaimEffect::Sets,
        rule: Box::new(move |presence| {
            let allowed = switches.allow_status_of(&presence.visibility);
            if allowed.is_err() && !was_allowed {
                let hidden = Presence::untouched(presence.kind);
                let seen = if is_own { &*presence } else { &hidden };
                return if choice.repeats(seen, at) {
                    Ok(())
                } else {
                    allowed
                };
            }
            presence.choose(&choice, at);
            Ok(())
        }),
    }
}

pub(super) fn delete(sql: &impl Sql, id: &UserId, by: &By) -> Result<()> {
    let gone = require(sql, id)?;
    require_administrator(&gone, None, || has_other_administrator(sql, id))?;
    let manager = permissions::manager(sql)?;
    sql.run("DELETE FROM user WHERE id = $1", values![id.as_str()])?;
    require_permission_manager(manager, permissions::manager(sql)?)?;
    status_visibility::forget(sql, id)?;
    audit::append(sql, &by.attribution().deleted_user(&gone))?;
    let change = Change::UserDeleted {
        was_public: gone.is_public(),
        user: gone.id,
        username: gone.username,
    };
    outbox::append(sql, &by.event(change))
}

/// Returns whether an active user other than `id` has the role `admin`.
fn has_other_administrator(sql: &impl Sql, id: &UserId) -> Result<bool> {
    sql.exists(
        "SELECT 1 FROM user_role JOIN user ON user.id = user_id
         WHERE role_id = $1 AND active = 1 AND user_id <> $2 LIMIT 1",
        values![ADMIN, id.as_str()],
    )
}

/// Writes a user's row. `None` keeps the password.
fn set(sql: &impl Sql, user: &User, password_hash: Option<&str>) -> Result<()> {
    let (profile, email) = (&user.profile, user.email.as_ref().map(Email::as_str));
    let username = user.username.as_str();
    sql.execute(
        "UPDATE user SET username = $1, username_key = $2, name = $3, name_key = $4, email = $5, email_key = $6,
            email_verified = $7, bio = $8, nickname = $9, preferences = $10, require_password_change = $11,
            password_hash = coalesce($12, password_hash), active = $13, updated_at = $14, unblocked_at = $15,
            utc_offset = $16, public_board = $17
         WHERE id = $18",
        values![
            username,
            &Username::key(username),
            &user.name,
            &Username::key(&user.name),
            email,
            email.map(Username::key).as_deref(),
            profile.email_verified,
            profile.bio.as_ref().map(Bio::as_str),
            profile.nickname.as_ref().map(Nickname::as_str),
            profile.preferences.as_deref(),
            profile.require_password_change,
            password_hash,
            user.active,
            user.updated_at,
            profile.unblocked_at,
            profile.utc_offset,
            profile.public_board,
            user.id.as_str(),
        ],
    )
    .map_err(|e| e.if_unique(|| taken(Field::Username, username)))?;
    Ok(())
}

/// Replaces the roles of a user.
pub(super) fn set_roles(sql: &impl Sql, id: &UserId, roles: &[String]) -> Result<()> {
    sql.run(
        "DELETE FROM user_role WHERE user_id = $1",
        values![id.as_str()],
    )?;
    for role in roles {
        sql.execute(
            "INSERT INTO user_role (user_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            values![id.as_str(), role],
        )
        .map_err(|e| e.if_missing(unknown_role))?;
    }
    Ok(())
}

fn require(sql: &impl Sql, id: &UserId) -> Result<User> {
    let found = find(sql, &UserKey::Id(id.clone()))?;
    let unknown = || Error::NotFound(What::User(id.as_str().to_owned()));
    found.map(|(user, _)| user).ok_or_else(unknown)
}

fn unknown_role() -> Error {
    Error::invalid(Field::Role, Problem::Unknown)
}
