//! The rules that hide a user's status, in SQL. They are columns of the user's row, and most users
//! have none.

use super::users::rows as users;
use super::{Row, Sql, audit, outbox, values};
use crate::domain::{
    By, Change, HiddenFrom, Result, StatusVisibility, User, UserId, VisibilityPatch,
    VisibilitySwitches,
};
use crate::store::VisibilityRules;
use crate::store::record;
use std::collections::BTreeSet;

/// The columns of the rules.
pub(super) const COLUMNS: &str =
    "user.presence_disabled, user.status_denied, user.status_denied_by_admin";

/// Selects the users with rules, with the condition of the index.
const WITH_RULES: &str =
    "presence_disabled = 1 OR status_denied IS NOT NULL OR status_denied_by_admin IS NOT NULL";

/// Reads the [`COLUMNS`], which begin at column `first`.
pub(super) fn read(row: &impl Row, first: usize) -> Result<StatusVisibility> {
    Ok(StatusVisibility {
        disabled_by_admin: row.get(first)?,
        denied: listed(row.get(first + 1)?)?,
        denied_by_admin: listed(row.get(first + 2)?)?,
    })
}

fn listed(ids: Option<&str>) -> Result<BTreeSet<UserId>> {
    ids.map_or_else(|| Ok(BTreeSet::new()), record::ids)
}

/// Returns the rules of all users who have any, and the newest event.
pub(super) fn all(sql: &impl Sql) -> Result<VisibilityRules> {
    Ok(VisibilityRules {
        as_of: outbox::newest(sql)?,
        people: people(sql)?,
    })
}

/// Returns the users who have rules, with those, by id.
pub(super) fn people(sql: &impl Sql) -> Result<Vec<(UserId, StatusVisibility)>> {
    let select = format!("SELECT id, {COLUMNS} FROM user WHERE {WITH_RULES} ORDER BY id");
    sql.all(&select, &[], |row| {
        Ok((UserId::new(row.get::<String>(0)?), read(row, 1)?))
    })
}

/// Stores the rules of a new user.
pub(super) fn create(
    sql: &impl Sql,
    user: &User,
    visibility: &StatusVisibility,
    by: &By,
) -> Result<()> {
    replace(sql, user, &StatusVisibility::default(), visibility, by)
}

/// Changes the rules of `user`, and returns those before. Users who were deleted since the request
/// are left out.
pub(super) fn change(
    sql: &impl Sql,
    user: &User,
    (patch, switches): (&VisibilityPatch, VisibilitySwitches),
    by: &By,
) -> Result<StatusVisibility> {
    let select = format!("SELECT {COLUMNS} FROM user WHERE id = $1");
    let found = sql.first(&select, values![user.id.as_str()], |row| read(row, 0))?;
    let before = found.unwrap_or_default();
    let mut after = patch.apply(&before, switches)?;
    if let HiddenFrom::Users(listed) = without_switch(&after).hidden_from() {
        let listed: Vec<_> = listed.into_iter().collect();
        let known: BTreeSet<_> = users::existing(sql, &listed)?.into_iter().collect();
        after.denied.retain(|id| known.contains(id));
        after.denied_by_admin.retain(|id| known.contains(id));
    }
    replace(sql, user, &before, &after, by)?;
    Ok(before)
}

fn without_switch(visibility: &StatusVisibility) -> StatusVisibility {
    StatusVisibility {
        disabled_by_admin: false,
        ..visibility.clone()
    }
}

fn replace(
    sql: &impl Sql,
    user: &User,
    before: &StatusVisibility,
    after: &StatusVisibility,
    by: &By,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    write(sql, &user.id, after)?;
    let entry = by.attribution().changed_visibility(user, before, after);
    audit::append(sql, &entry)?;
    let change = Change::StatusVisibilityChanged {
        user: user.id.clone(),
        before: before.clone(),
        visibility: after.clone(),
    };
    outbox::append(sql, &by.event(change))
}

/// Removes a deleted user from every list.
pub(super) fn forget(sql: &impl Sql, gone: &UserId) -> Result<()> {
    for (user, mut visibility) in people(sql)? {
        let is_listed = visibility.denied.remove(gone);
        if visibility.denied_by_admin.remove(gone) || is_listed {
            write(sql, &user, &visibility)?;
        }
    }
    Ok(())
}

fn write(sql: &impl Sql, user: &UserId, visibility: &StatusVisibility) -> Result<()> {
    let list = |ids: &BTreeSet<UserId>| (!ids.is_empty()).then(|| record::id_array(ids));
    sql.run(
        "UPDATE user SET presence_disabled = $1, status_denied = $2, status_denied_by_admin = $3 WHERE id = $4",
        values![
            visibility.disabled_by_admin,
            list(&visibility.denied).as_deref(),
            list(&visibility.denied_by_admin).as_deref(),
            user.as_str(),
        ],
    )
}
