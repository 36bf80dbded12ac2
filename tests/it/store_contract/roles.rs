//! Custom roles: changes, unique names, and removal with the permissions.

use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    By, Change, Error, EventId, Field, GrantChange, Problem, RemovedRole, Result, Role, RoleChange,
    RoleDraft, RoleScope, UserPatch,
};
use doorsign::store::{ChangeKind, Store};

fn draft(name: &str) -> RoleDraft {
    RoleDraft {
        name: name.to_owned(),
        description: Some("A shift".to_owned()),
        scope: RoleScope::Users,
    }
}

fn role(id: &str, name: &str, time: i64) -> Role {
    Role::custom(id.to_owned(), draft(name), at(time)).unwrap()
}

fn problem(result: Result<impl std::fmt::Debug>) -> (Field, Problem) {
    match result.unwrap_err() {
        Error::Invalid { field, problem } => (field, problem),
        other => panic!("{other:?}"),
    }
}

async fn custom(store: &dyn Store) -> Vec<Role> {
    let mut roles = store.list_roles().await.unwrap();
    roles.retain(|role| !role.protected);
    roles
}

async fn changes(store: &dyn Store) -> Vec<Change> {
    let events = store.events_after(EventId::new(0), 99).await.unwrap();
    let change = |event: doorsign::store::StoredEvent| event.unwrap().event.change;
    events.into_iter().map(change).collect()
}

async fn grant(store: &dyn Store, permission: &str, role: &str, by: By) {
    let (permission, role) = (permission.to_owned(), role.to_owned());
    let granted = store.set_grant(permission, role, GrantChange::Grant, by);
    granted.await.unwrap();
}

#[tokio::test]
async fn roles_are_created_changed_and_removed_with_one_event_each() {
    every_store(async |database| {
        let store = database.open();
        let version = store.version(ChangeKind::Access);
        let (night, day) = (role("r1", "Night", 1), role("r1", "Day", 2));
        store.create_role(night.clone(), admin_at(1)).await.unwrap();
        assert_eq!(custom(&*store).await, std::slice::from_ref(&night));
        let changed = store
            .update_role("r1".into(), draft("Day"), admin_at(2))
            .await;
        assert_eq!(changed.unwrap(), day);
        assert_eq!(custom(&*store).await, std::slice::from_ref(&day));
        store.delete_role("r1".into(), admin_at(3)).await.unwrap();
        assert_eq!(custom(&*store).await, []);
        assert!(store.version(ChangeKind::Access) > version);
        let removed = RemovedRole {
            id: "r1".to_owned(),
            removed_at: at(3),
        };
        assert_eq!(store.list_removed_roles().await.unwrap(), [removed]);
        let expected = [
            Change::RoleCreated(night),
            Change::RoleUpdated(day.clone()),
            Change::RoleDeleted(day),
        ];
        assert_eq!(changes(&*store).await, expected);
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_and_built_in_roles_never_change() {
    every_store(async |database| {
        let store = database.open();
        store
            .create_role(role("r1", "Night", 1), admin_at(1))
            .await
            .unwrap();
        store
            .create_role(role("r2", "night", 1), admin_at(1))
            .await
            .unwrap();
        for name in ["Night", "admin"] {
            let taken = (Field::RoleName, Problem::Taken(name.to_owned()));
            let created = store.create_role(role("r3", name, 2), admin_at(2)).await;
            assert_eq!(problem(created), taken);
            let renamed = store
                .update_role("r2".into(), draft(name), admin_at(2))
                .await;
            assert_eq!(problem(renamed), taken);
        }
        store
            .update_role("r1".into(), draft("Night"), admin_at(2))
            .await
            .unwrap();
        for (id, expected) in [("admin", Problem::Protected), ("r9", Problem::Unknown)] {
            let renamed = store
                .update_role(id.into(), draft("Day"), admin_at(2))
                .await;
            assert_eq!(problem(renamed), (Field::Role, expected.clone()));
            let removed = store.delete_role(id.into(), admin_at(2)).await;
            assert_eq!(problem(removed), (Field::Role, expected));
        }
        assert_eq!(
            changes(&*store).await.len(),
            3,
            "refused changes append no event"
        );
    })
    .await;
}

#[tokio::test]
async fn a_role_is_removed_with_its_permissions_unless_a_user_holds_it() {
    every_store(async |database| {
        let store = database.open();
        store
            .create_role(role("r1", "Night", 1), admin_at(1))
            .await
            .unwrap();
        for permission in ["view-statistics", "create-user"] {
            grant(&*store, permission, "r1", admin_at(2)).await;
        }
        let ann = user("ann");
        store
            .create_user(ann.clone(), "hash".into(), admin_at(3).attribution())
            .await
            .unwrap();
        let patch = |roles| UserPatch {
            roles: Some(roles),
            ..UserPatch::default()
        };
        let give = patch(RoleChange::Add("r1".to_owned()));
        store
            .update_user(ann.id.clone(), give, admin_at(4))
            .await
            .unwrap();
        let refused = store.delete_role("r1".into(), admin_at(5)).await;
        assert_eq!(problem(refused), (Field::Role, Problem::InUse));
        let grants = store.list_permissions().await.unwrap();
        let held = |grants: &[doorsign::domain::PermissionGrant]| {
            let with = grants
                .iter()
                .filter(|grant| grant.roles.contains(&"r1".to_owned()));
            with.count()
        };
        assert_eq!(held(&grants), 2, "a refused removal revokes nothing");
        let take = patch(RoleChange::Remove("r1".to_owned()));
        store.update_user(ann.id, take, admin_at(6)).await.unwrap();
        let before = changes(&*store).await.len();
        store.delete_role("r1".into(), admin_at(7)).await.unwrap();
        let grants = store.list_permissions().await.unwrap();
        assert_eq!(held(&grants), 0);
        let revoked: Vec<_> = grants
            .iter()
            .filter(|grant| grant.updated_at == at(7))
            .collect();
        assert_eq!(revoked.len(), 2, "{revoked:?}");
        let kinds: Vec<_> = changes(&*store).await[before..]
            .iter()
            .map(|change| match change {
                Change::PermissionChanged(grant) => grant.permission.clone(),
                Change::RoleDeleted(role) => role.id.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(kinds, ["create-user", "view-statistics", "r1"]);
    })
    .await;
}
