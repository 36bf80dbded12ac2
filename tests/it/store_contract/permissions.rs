//! Roles and the permissions that they grant.

use crate::support::store::{admin_at, at, every_store};
use doorsign::domain::GrantChange::*;
use doorsign::domain::{Error, Field, Permission, PermissionGrant, Problem};
use doorsign::store::{ChangeKind, Store};

fn grant(permission: &str, roles: &[&str], time: i64) -> PermissionGrant {
    PermissionGrant {
        permission: permission.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        updated_at: at(time),
    }
}

async fn table(store: &dyn Store) -> Vec<PermissionGrant> {
    store.list_permissions().await.unwrap()
}

#[tokio::test]
async fn a_new_database_has_the_roles_and_permissions_that_the_server_checks() {
    every_store(async |database| {
        let store = database.open();
        let roles: Vec<_> = store
            .list_roles()
            .await
            .unwrap()
            .into_iter()
            .map(|r| r.id)
            .collect();
        assert!(roles.is_sorted(), "{roles:?}");
        for role in ["admin", "bot", "guest", "user"] {
            assert!(roles.contains(&role.to_owned()), "{role}");
        }
        let table = table(&*store).await;
        assert!(table.is_sorted_by_key(|grant| grant.permission.clone()));
        for permission in Permission::ALL {
            let row = table
                .iter()
                .find(|grant| grant.permission == permission.name());
            assert_eq!(row.unwrap().roles[0], "admin", "{permission:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn roles_are_replaced_in_the_given_order_and_other_permissions_stay() {
    every_store(async |database| {
        let store = database.open();
        let (before, version) = (table(&*store).await, store.version(ChangeKind::Access));
        let given = vec![
            grant("manage-user-status", &["user", "admin", "bot", "user"], 7),
            grant("view-statistics", &[], 8),
        ];
        store.update_permissions(given, admin_at(9)).await.unwrap();
        assert!(
            store.version(ChangeKind::Access) > version,
            "raised before the call returns"
        );
        let expected: Vec<_> = before
            .into_iter()
            .map(|row| match row.permission.as_str() {
                "manage-user-status" => grant("manage-user-status", &["user", "admin", "bot"], 7),
                "view-statistics" => grant("view-statistics", &[], 8),
                _ => row,
            })
            .collect();
        assert_eq!(table(&*store).await, expected);
        store.update_permissions(vec![], admin_at(9)).await.unwrap();
        drop(store);
        assert_eq!(table(&*database.open()).await, expected);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_permission_or_role_refuses_the_whole_change() {
    every_store(async |database| {
        let store = database.open();
        let before = table(&*store).await;
        let good = grant("manage-user-status", &["guest"], 7);
        for (bad, expected) in [
            (grant("fly", &["admin"], 7), Field::Permission),
            (grant("access-permissions", &["admin", "wizard"], 7), Field::Role),
        ] {
            let refused = store.update_permissions(vec![good.clone(), bad], admin_at(9)).await;
            let unknown = |field: &Field, problem: &Problem| {
                *field == expected && *problem == Problem::Unknown
            };
            assert!(
                matches!(&refused, Err(Error::Invalid { field, problem }) if unknown(field, problem)),
                "{refused:?}"
            );
            assert_eq!(table(&*store).await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn a_single_grant_is_appended_and_repeating_it_changes_nothing() {
    every_store(async |database| {
        let store = database.open();
        let set = async |permission: &str, role: &str, change, time| {
            let (permission, role) = (permission.to_owned(), role.to_owned());
            store.set_grant(permission, role, change, admin_at(time)).await
        };
        let row = async || {
            let table = table(&*store).await;
            let row = table.iter().find(|row| row.permission == "view-statistics");
            row.unwrap().clone()
        };
        let version = store.version(ChangeKind::Access);
        set("view-statistics", "user", Grant, 7).await.unwrap();
        set("view-statistics", "user", Grant, 8).await.unwrap();
        assert!(store.version(ChangeKind::Access) > version);
        assert_eq!(row().await, grant("view-statistics", &["admin", "user"], 7));
        set("view-statistics", "admin", Revoke, 9).await.unwrap();
        set("view-statistics", "admin", Revoke, 10).await.unwrap();
        assert_eq!(row().await, grant("view-statistics", &["user"], 9));
        for (permission, role, expected) in [
            ("fly", "user", Field::Permission),
            ("view-statistics", "boss", Field::Role),
        ] {
            for change in [Grant, Revoke] {
                let refused = set(permission, role, change, 11).await;
                assert!(
                    matches!(&refused, Err(Error::Invalid { field, problem: Problem::Unknown }) if *field == expected),
                    "{refused:?}"
                );
            }
        }
    })
    .await;
}
