//! Roles in SQL. `Role` of the domain decides which roles may be changed or removed.

use super::{Row, Sql, audit, outbox, values};
use crate::domain::{
    Action, By, Change, Error, Field, Problem, RemovedRole, Result, Role, RoleDraft, RoleScope,
    RoleUse,
};

/// How many removed roles are remembered, for clients that were not connected.
const REMEMBERED: u64 = 1000;

/// Returns every role, by id.
pub(super) fn list(sql: &impl Sql) -> Result<Vec<Role>> {
    sql.all(
        "SELECT id, name, description, scope, protected, updated_at FROM role ORDER BY id",
        &[],
        |row| {
            Ok(Role {
                id: row.get(0)?,
                name: row.get(1)?,
                description: row.get(2)?,
                scope: RoleScope::named(row.get(3)?).unwrap_or(RoleScope::Subscriptions),
                protected: row.get(4)?,
                updated_at: row.get(5)?,
            })
        },
    )
}

/// Returns the removed roles, by id.
pub(super) fn list_removed(sql: &impl Sql) -> Result<Vec<RemovedRole>> {
    let select = "SELECT id, removed_at FROM removed_role ORDER BY id";
    sql.all(select, &[], |row| {
        Ok(RemovedRole {
            id: row.get(0)?,
            removed_at: row.get(1)?,
        })
    })
}

pub(super) fn create(sql: &impl Sql, role: &Role, by: &By) -> Result<()> {
    sql.execute(
        "INSERT INTO role (id, name, description, scope, protected, updated_at) VALUES ($1, $2, $3, $4, $5, $6)",
        values![
            &role.id,
            &role.name,
            &role.description,
            role.scope.as_str(),
            role.protected,
            role.updated_at,
        ],
    )
    .map_err(|e| e.if_unique(|| taken(role)))?;
    audit::append(sql, &by.attribution().role(Action::RoleCreated, role))?;
    outbox::append(sql, &by.event(Change::RoleCreated(role.clone())))
}

pub(super) fn update(sql: &impl Sql, id: &str, draft: &RoleDraft, by: &By) -> Result<Role> {
    let role = require(sql, id)?.changed(draft.clone(), by.at)?;
    sql.execute(
        "UPDATE role SET name = $1, description = $2, scope = $3, updated_at = $4 WHERE id = $5",
        values![
            &role.name,
            &role.description,
            role.scope.as_str(),
            role.updated_at,
            &role.id,
        ],
    )
    .map_err(|e| e.if_unique(|| taken(&role)))?;
    audit::append(sql, &by.attribution().role(Action::RoleUpdated, &role))?;
    outbox::append(sql, &by.event(Change::RoleUpdated(role.clone())))?;
    Ok(role)
}

/// Returns the role with this id, if it may be removed.
pub(super) fn require_removable(sql: &impl Sql, id: &str) -> Result<Role> {
    let role = require(sql, id)?;
    let select = "SELECT 1 FROM user_role WHERE role_id = $1 LIMIT 1";
    let used = if sql.exists(select, values![id])? {
        RoleUse::Held
    } else {
        RoleUse::Unused
    };
    role.require_removable(used)?;
    Ok(role)
}

/// Removes a role that has no permissions and no holders.
pub(super) fn remove(sql: &impl Sql, role: Role, by: &By) -> Result<()> {
    sql.run("DELETE FROM role WHERE id = $1", values![&role.id])?;
    sql.run(
        "INSERT INTO removed_role (id, removed_at) VALUES ($1, $2)",
        values![&role.id, by.at],
    )?;
    sql.run(
        "DELETE FROM removed_role WHERE id NOT IN (SELECT id FROM removed_role ORDER BY removed_at DESC LIMIT $1)",
        values![REMEMBERED],
    )?;
    audit::append(sql, &by.attribution().role(Action::RoleDeleted, &role))?;
    outbox::append(sql, &by.event(Change::RoleDeleted(role)))
}

fn require(sql: &impl Sql, id: &str) -> Result<Role> {
    let found = list(sql)?.into_iter().find(|role| role.id == id);
    found.ok_or_else(|| Error::invalid(Field::Role, Problem::Unknown))
}

fn taken(role: &Role) -> Error {
    Error::invalid(Field::RoleName, Problem::Taken(role.name.clone()))
}
