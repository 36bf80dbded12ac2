//! SQL of permissions and roles.

use super::space::SpaceClass;
use super::{ACCESS, SqliteStore, audit, error, is_missing_reference, outbox};
use crate::domain::{
    By, Change, Error, Field, GrantChange, PermissionGrant, Problem, Result, Role, RoleScope,
    Timestamp,
};
use crate::store::Permissions;
use async_trait::async_trait;
use rusqlite::{Connection, params};

#[async_trait]
impl Permissions for SqliteStore {
    async fn list_roles(&self) -> Result<Vec<Role>> {
        self.readers.read(list_roles).await
    }

    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>> {
        self.readers.read(list).await
    }

    async fn update_permissions(&self, grants: Vec<PermissionGrant>, by: By) -> Result<()> {
        // Uses the reserve: this is the only way to revoke several grants.
        self.writer
            .write(SpaceClass::Reserve, ACCESS, move |c| {
                update(c, &grants, &by)
            })
            .await
    }

    async fn set_grant(
        &self,
        permission: String,
        role: String,
        change: GrantChange,
        by: By,
    ) -> Result<()> {
        let space = match change {
            GrantChange::Grant => SpaceClass::Common,
            GrantChange::Revoke => SpaceClass::Reserve,
        };
        self.writer
            .write(space, ACCESS, move |c| {
                set_one(c, &permission, &role, change, &by)
            })
            .await
    }
}

pub(super) fn list_roles(connection: &Connection) -> rusqlite::Result<Vec<Role>> {
    let mut statement = connection
        .prepare_cached("SELECT id, name, description, scope, protected FROM role ORDER BY id")?;
    let roles = statement.query_map([], |row| {
        let scope = if row.get_ref(3)?.as_str()? == "Users" {
            RoleScope::Users
        } else {
            RoleScope::Subscriptions
        };
        Ok(Role {
            id: row.get(0)?,
            name: row.get(1)?,
            description: row.get(2)?,
            scope,
            protected: row.get(4)?,
        })
    })?;
    roles.collect()
}

pub(super) fn list(connection: &Connection) -> rusqlite::Result<Vec<PermissionGrant>> {
    let mut statement = connection.prepare_cached(
        "SELECT permission.id, updated_at, role_id FROM permission LEFT JOIN permission_role ON permission_id = permission.id
         ORDER BY permission.id, position",
    )?;
    let mut rows = statement.query([])?;
    let mut grants: Vec<PermissionGrant> = Vec::new();
    while let Some(row) = rows.next()? {
        let permission: String = row.get(0)?;
        if grants
            .last()
            .is_none_or(|last| last.permission != permission)
        {
            let updated_at = Timestamp::from_millis(row.get(1)?);
            grants.push(PermissionGrant {
                permission,
                roles: Vec::new(),
                updated_at,
            });
        }
        if let (Some(role), Some(last)) = (row.get(2)?, grants.last_mut()) {
            last.roles.push(role);
        }
    }
    Ok(grants)
}

fn update(connection: &Connection, grants: &[PermissionGrant], by: &By) -> Result<()> {
    grants
        .iter()
        .try_for_each(|grant| set(connection, grant.clone(), by))
}

fn set_one(
    connection: &Connection,
    permission: &str,
    role: &str,
    change: GrantChange,
    by: &By,
) -> Result<()> {
    let table = list(connection).map_err(|e| error(&e))?;
    let grant = table
        .into_iter()
        .find(|grant| grant.permission == permission)
        .ok_or_else(|| unknown(Field::Permission))?;
    let roles = list_roles(connection).map_err(|e| error(&e))?;
    if roles.iter().all(|known| known.id != *role) {
        return Err(unknown(Field::Role));
    }
    let changed = grant.changed(role, change, by.at);
    changed.map_or(Ok(()), |grant| set(connection, grant, by))
}

/// Sets the roles of a permission, and appends the event.
fn set(connection: &Connection, grant: PermissionGrant, by: &By) -> Result<()> {
    let grant = grant.distinct();
    write(connection, &grant)?;
    audit::append(connection, &by.attribution().changed_permission(&grant))?;
    outbox::append(connection, &by.event(Change::PermissionChanged(grant)))
}

fn write(connection: &Connection, grant: &PermissionGrant) -> Result<()> {
    let changed = connection
        .execute(
            "UPDATE permission SET updated_at = ?2 WHERE id = ?1",
            params![grant.permission, grant.updated_at.as_millis()],
        )
        .map_err(|e| error(&e))?;
    if changed == 0 {
        return Err(unknown(Field::Permission));
    }
    connection
        .execute(
            "DELETE FROM permission_role WHERE permission_id = ?1",
            [&grant.permission],
        )
        .map_err(|e| error(&e))?;
    for (position, role) in (0_i64..).zip(&grant.roles) {
        connection
            .execute(
                "INSERT INTO permission_role (permission_id, role_id, position) VALUES (?1, ?2, ?3)",
                params![grant.permission, role, position],
            )
            .map_err(|e| if is_missing_reference(&e) { unknown(Field::Role) } else { error(&e) })?;
    }
    Ok(())
}

fn unknown(field: Field) -> Error {
    Error::invalid(field, Problem::Unknown)
}
