//! Permissions in SQL, and the units of work of roles.

use super::signal::ACCESS;
use super::{Engine, Row, SpaceClass, Sql, audit, outbox, roles, values};
use crate::domain::{
    By, Change, Error, Field, GrantChange, Permission, PermissionGrant, PermissionManager, Problem,
    RemovedRole, Result, Role, RoleDraft, require_permission_manager,
};
use crate::store::Permissions;
use async_trait::async_trait;

#[async_trait]
impl<E: Engine> Permissions for E {
    async fn list_roles(&self) -> Result<Vec<Role>> {
        self.read(roles::list).await
    }

    async fn list_removed_roles(&self) -> Result<Vec<RemovedRole>> {
        self.read(roles::list_removed).await
    }

    async fn create_role(&self, role: Role, by: By) -> Result<()> {
        self.write(SpaceClass::Common, ACCESS, move |sql| {
            roles::create(sql, &role, &by)
        })
        .await
    }

    async fn update_role(&self, id: String, draft: RoleDraft, by: By) -> Result<Role> {
        self.write(SpaceClass::Common, ACCESS, move |sql| {
            roles::update(sql, &id, &draft, &by)
        })
        .await
    }

    async fn delete_role(&self, id: String, by: By) -> Result<()> {
        self.write(SpaceClass::Reserve, ACCESS, move |sql| {
            let role = roles::require_removable(sql, &id)?;
            for grant in list(sql)? {
                let revoked = grant.changed(&id, GrantChange::Revoke, by.at);
                revoked.map_or(Ok(()), |grant| set(sql, grant, &by))?;
            }
            roles::remove(sql, role, &by)
        })
        .await
    }

    async fn list_permissions(&self) -> Result<Vec<PermissionGrant>> {
        self.read(list).await
    }

    async fn update_permissions(&self, grants: Vec<PermissionGrant>, by: By) -> Result<()> {
        // Uses the reserve: this is the only way to revoke several grants.
        self.write(SpaceClass::Reserve, ACCESS, move |sql| {
            let before = manager(sql)?;
            let mut grants = grants.iter();
            grants.try_for_each(|grant| set(sql, grant.clone(), &by))?;
            require_permission_manager(before, manager(sql)?)
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
        self.write(space, ACCESS, move |sql| {
            let before = manager(sql)?;
            set_one(sql, &permission, &role, change, &by)?;
            require_permission_manager(before, manager(sql)?)
        })
        .await
    }
}

fn list(sql: &impl Sql) -> Result<Vec<PermissionGrant>> {
    let mut grants: Vec<PermissionGrant> = Vec::new();
    sql.each(
        "SELECT permission.id, updated_at, role_id FROM permission LEFT JOIN permission_role ON permission_id = permission.id
         ORDER BY permission.id, position",
        &[],
        |row| {
            let permission: &str = row.get(0)?;
            if grants.last().is_none_or(|last| last.permission != permission) {
                grants.push(PermissionGrant {
                    permission: permission.to_owned(),
                    roles: Vec::new(),
                    updated_at: row.get(1)?,
                });
            }
            if let (Some(role), Some(last)) = (row.get(2)?, grants.last_mut()) {
                last.roles.push(role);
            }
            Ok(())
        },
    )?;
    Ok(grants)
}

/// Returns whether an active user may change permissions.
pub(super) fn manager(sql: &impl Sql) -> Result<PermissionManager> {
    let exists = sql.exists(
        "SELECT 1 FROM permission_role JOIN user_role ON user_role.role_id = permission_role.role_id
             JOIN user ON user.id = user_id
         WHERE permission_id = $1 AND active = 1 LIMIT 1",
        values![Permission::AccessPermissions.name()],
    )?;
    Ok(if exists {
        PermissionManager::Exists
    } else {
        PermissionManager::Missing
    })
}

fn set_one(
    sql: &impl Sql,
    permission: &str,
    role: &str,
    change: GrantChange,
    by: &By,
) -> Result<()> {
    let grant = list(sql)?
        .into_iter()
        .find(|grant| grant.permission == permission)
        .ok_or_else(|| unknown(Field::Permission))?;
    if roles::list(sql)?.iter().all(|known| known.id != role) {
        return Err(unknown(Field::Role));
    }
    let changed = grant.changed(role, change, by.at);
    changed.map_or(Ok(()), |grant| set(sql, grant, by))
}

/// Sets the roles of a permission, and appends the event.
fn set(sql: &impl Sql, grant: PermissionGrant, by: &By) -> Result<()> {
    let grant = grant.distinct();
    write(sql, &grant)?;
    audit::append(sql, &by.attribution().changed_permission(&grant))?;
    outbox::append(sql, &by.event(Change::PermissionChanged(grant)))
}

fn write(sql: &impl Sql, grant: &PermissionGrant) -> Result<()> {
    let permission = &grant.permission;
    let changed = sql.execute(
        "UPDATE permission SET updated_at = $1 WHERE id = $2",
        values![grant.updated_at, permission],
    )?;
    if changed == 0 {
        return Err(unknown(Field::Permission));
    }
    sql.run(
        "DELETE FROM permission_role WHERE permission_id = $1",
        values![permission],
    )?;
    for (position, role) in (0_i64..).zip(&grant.roles) {
        sql.execute(
            "INSERT INTO permission_role (permission_id, role_id, position) VALUES ($1, $2, $3)",
            values![permission, role, position],
        )
        .map_err(|e| e.if_missing(|| unknown(Field::Role)))?;
    }
    Ok(())
}

fn unknown(field: Field) -> Error {
    Error::invalid(field, Problem::Unknown)
}
