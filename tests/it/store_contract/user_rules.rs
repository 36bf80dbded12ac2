//! Users: role changes, merged preferences, the last administrator, and queries.

use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    EndedLogins, Error, Field, Login, LoginId, LoginKind, Problem, RoleChange, SortOrder, User,
    UserId, UserPatch, UserQuery, UserSearch, UserSort, What,
};
use doorsign::store::{ChangeKind, Store};

async fn with_roles(store: &dyn Store, name: &str, roles: &[&str]) -> UserId {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let new = User {
        roles,
        ..user(name)
    };
    let id = new.id.clone();
    store
        .create_user(new, String::new(), crate::support::beforehand())
        .await
        .unwrap();
    id
}

fn roles(change: RoleChange) -> UserPatch {
    UserPatch {
        roles: Some(change),
        ..UserPatch::default()
    }
}

fn inactive() -> UserPatch {
    UserPatch {
        active: Some(false),
        ..UserPatch::default()
    }
}

async fn admins(store: &dyn Store) -> usize {
    let query = UserQuery {
        roles: vec!["admin".to_owned()],
        ..UserQuery::default()
    };
    store.list_users(query).await.unwrap().items.len()
}

#[tokio::test]
async fn a_role_is_added_and_removed_once() {
    every_store(async |database| {
        let store = database.open();
        let ann = with_roles(&*store, "ann", &["user"]).await;
        let change = async |change| {
            store
                .update_user(ann.clone(), roles(change), admin_at(2))
                .await
        };
        let (add, remove) = (
            RoleChange::Add("bot".into()),
            RoleChange::Remove("bot".into()),
        );
        let changed = change(add.clone()).await.unwrap();
        assert_eq!(
            (changed.roles, changed.updated_at),
            (vec!["bot".into(), "user".into()], at(2))
        );
        let unchanged = |error: &Error| {
            matches!(
                error,
                Error::Invalid {
                    field: Field::Role,
                    problem: Problem::Unchanged
                }
            )
        };
        assert!(unchanged(&change(add).await.unwrap_err()));
        assert_eq!(change(remove.clone()).await.unwrap().roles, ["user"]);
        assert!(unchanged(&change(remove).await.unwrap_err()));
        let unknown = change(RoleChange::Add("boss".into())).await.unwrap_err();
        assert!(matches!(
            unknown,
            Error::Invalid {
                field: Field::Role,
                problem: Problem::Unknown
            }
        ));
    })
    .await;
}

#[tokio::test]
async fn only_the_last_active_administrator_is_protected() {
    every_store(async |database| {
        let store = database.open();
        let inactive_user = with_roles(&*store, "nobody", &["user"]).await;
        store
            .update_user(inactive_user, inactive(), admin_at(2))
            .await
            .unwrap();
        let ann = with_roles(&*store, "ann", &["admin", "user"]).await;
        let bob = with_roles(&*store, "bob", &["admin"]).await;
        store
            .update_user(bob.clone(), inactive(), admin_at(2))
            .await
            .unwrap();
        let strip = || RoleChange::Remove("admin".into());
        for patch in [
            inactive(),
            roles(strip()),
            roles(RoleChange::Replace(vec![])),
        ] {
            let refused = store.update_user(ann.clone(), patch, admin_at(3)).await;
            assert!(
                matches!(refused, Err(Error::LastAdministrator)),
                "{refused:?}"
            );
        }
        let refused = store.delete_user(ann.clone(), admin_at(2)).await;
        assert!(
            matches!(refused, Err(Error::LastAdministrator)),
            "{refused:?}"
        );
        assert_eq!(admins(&*store).await, 2, "no change was applied");

        let active = UserPatch {
            active: Some(true),
            ..UserPatch::default()
        };
        store
            .update_user(bob.clone(), active, admin_at(4))
            .await
            .unwrap();
        let (one, other) = tokio::join!(
            store.update_user(ann.clone(), roles(strip()), admin_at(5)),
            store.delete_user(bob.clone(), admin_at(2)),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert_eq!(admins(&*store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_user_leaves_no_login_and_frees_its_names() {
    every_store(async |database| {
        let store = database.open();
        let ann = with_roles(&*store, "ann", &["user"]).await;
        let login = |user: &UserId, n: i64| Login {
            id: LoginId::new(format!("login {n}")),
            user: user.clone(),
            kind: LoginKind::Password,
            created_at: at(n),
            expires_at: None,
        };
        store
            .create_login(login(&ann, 1).into(), crate::support::operator())
            .await
            .unwrap();
        let version = store.version(ChangeKind::Access);
        store.delete_user(ann.clone(), admin_at(2)).await.unwrap();
        assert!(
            store.version(ChangeKind::Access) > version,
            "raised before the call returns"
        );
        assert!(
            store
                .find_session(LoginId::new("login 1"))
                .await
                .unwrap()
                .is_none()
        );
        for gone in [
            store.delete_user(ann.clone(), admin_at(2)).await,
            store
                .end_logins(ann.clone(), EndedLogins::All, admin_at(2))
                .await,
            store
                .create_login(login(&ann, 2).into(), crate::support::operator())
                .await,
        ] {
            assert!(
                matches!(gone, Err(Error::NotFound(What::User(_)))),
                "{gone:?}"
            );
        }
        with_roles(&*store, "ann", &["user"]).await;
    })
    .await;
}

#[tokio::test]
async fn existing_users_finds_active_and_deactivated_users_only() {
    every_store(async |database| {
        let store = database.open();
        let [ann, bob, gone] =
            ["ann", "bob", "gone"].map(async |name| with_roles(&*store, name, &["user"]).await);
        let (ann, bob, gone) = (ann.await, bob.await, gone.await);
        let idle = store.update_user(bob.clone(), inactive(), admin_at(2));
        idle.await.unwrap();
        store.delete_user(gone.clone(), admin_at(3)).await.unwrap();
        let existing = async |ids: &[&UserId]| {
            let ids = ids.iter().map(|id| (*id).clone()).collect();
            let mut found = store.existing_users(ids).await.unwrap();
            found.sort_by(|one, next| one.as_str().cmp(next.as_str()));
            found
        };
        let hostile = UserId::new("nobody\", \"user ann");
        let asked = [&gone, &bob, &hostile, &ann, &bob];
        assert_eq!(existing(&asked).await, [ann.clone(), bob]);
        assert_eq!(existing(&[&gone, &hostile]).await, []);
        assert_eq!(existing(&[]).await, []);
        assert_eq!(existing(&[&ann]).await, std::slice::from_ref(&ann));
    })
    .await;
}

#[tokio::test]
async fn preferences_are_merged_and_null_removes_a_key() {
    every_store(async |database| {
        let store = database.open();
        let ann = with_roles(&*store, "ann", &[]).await;
        let mut kept = None;
        for (n, text) in (2..).zip([
            r#"{"a":1,"b":[1]}"#,
            r#"{"b":[2,3],"c":true}"#,
            r#"{"a":null}"#,
        ]) {
            let patch = UserPatch {
                preferences: Some(text.to_owned()),
                ..UserPatch::default()
            };
            let user = store
                .update_user(ann.clone(), patch, admin_at(n))
                .await
                .unwrap();
            kept = user.profile.preferences;
        }
        assert_eq!(kept.as_deref(), Some(r#"{"b":[2,3],"c":true}"#));
    })
    .await;
}

#[tokio::test]
async fn a_query_filters_by_role_and_address_sorts_and_pages() {
    every_store(async |database| {
        let store = database.open();
        for (name, held) in [
            ("cid", &["bot"] as &[&str]),
            ("Bob", &["bot", "guest"]),
            ("ann", &["guest"]),
        ] {
            with_roles(&*store, name, held).await;
        }
        let found = async |query: UserQuery| {
            let page = store.list_users(query).await.unwrap();
            let names: Vec<String> = page
                .items
                .iter()
                .map(|user| user.username.as_str().to_owned())
                .collect();
            (names.join(" "), page.total)
        };
        let held = |roles: &[&str]| UserQuery {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..UserQuery::default()
        };
        assert_eq!(found(held(&["bot"])).await, ("Bob cid".into(), 2));
        assert_eq!(
            found(held(&["bot", "guest"])).await,
            ("ann Bob cid".into(), 3)
        );
        assert_eq!(found(held(&["admin"])).await, (String::new(), 0));
        let second = UserQuery {
            offset: 1,
            limit: Some(1),
            ..UserQuery::default()
        };
        assert_eq!(found(second).await, ("Bob".into(), 3));
        let email = Some("BOB@example.org".to_owned());
        assert_eq!(
            found(UserQuery {
                email,
                ..held(&["guest"])
            })
            .await,
            ("Bob".into(), 1)
        );
        for (search, names) in [
            (UserSearch::Names("B".into()), "Bob"),
            (UserSearch::Names("example".into()), ""),
            (UserSearch::NamesAndAddresses("B@EX".into()), "Bob"),
            (UserSearch::NamesAndAddresses("%".into()), ""),
        ] {
            let query = UserQuery {
                search: Some(search.clone()),
                ..UserQuery::default()
            };
            assert_eq!(found(query).await.0, names, "{search:?}");
        }
        for (field, names) in [
            (UserSort::Username, "cid Bob ann"),
            (UserSort::Name, "cid Bob ann"),
            (UserSort::Id, "cid ann Bob"),
            (UserSort::CreatedAt, "ann Bob cid"),
        ] {
            let sort = vec![(field, SortOrder::Descending)];
            assert_eq!(
                found(UserQuery {
                    sort,
                    ..UserQuery::default()
                })
                .await
                .0,
                names,
                "{field:?}"
            );
        }
    })
    .await;
}
