//! Users: unique names and addresses, roles that exist, and atomic changes.

use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    Email, Error, Field, Problem, Result, RoleChange, User, UserId, UserKey, UserPatch, UserQuery,
    Username, What,
};
use doorsign::store::{ChangeKind, Store};

async fn find(store: &dyn Store, key: UserKey) -> Option<(User, String)> {
    store.find_user(key).await.unwrap()
}

async fn create(store: &dyn Store, name: &str, hash: &str) {
    let created = store
        .create_user(user(name), hash.to_owned(), crate::support::beforehand())
        .await;
    created.unwrap();
}

/// The user with its hash.
async fn named(store: &dyn Store, name: &str) -> Option<(User, String)> {
    find(store, UserKey::Username(name.to_owned())).await
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, field: Field, problem: &Problem) {
    match result {
        Err(Error::Invalid {
            field: f,
            problem: p,
        }) => assert_eq!((f, &p), (field, problem)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_store_knows_whether_it_has_users() {
    every_store(async |database| {
        let store = database.open();
        assert!(!store.has_users().await.unwrap());
        create(&*store, "ann", "hash").await;
        assert!(store.has_users().await.unwrap());
        let deleted = store.delete_user(user("ann").id, admin_at(1)).await;
        deleted.unwrap();
        assert!(!store.has_users().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_user_is_found_by_id_and_case_insensitively_by_name_and_address() {
    every_store(async |database| {
        let store = database.open();
        let ann = User {
            roles: vec!["admin".to_owned(), "bot".to_owned()],
            ..user("Ann")
        };
        store
            .create_user(ann.clone(), "hash".to_owned(), crate::support::beforehand())
            .await
            .unwrap();
        let found = Some((ann.clone(), "hash".to_owned()));
        for key in [
            UserKey::Id(ann.id),
            UserKey::Username("Ann".to_owned()),
            UserKey::Username("aNN".to_owned()),
            UserKey::Email("ANN@example.ORG".to_owned()),
        ] {
            assert_eq!(find(&*store, key.clone()).await, found, "{key:?}");
        }
        for key in [
            UserKey::Id(UserId::new("ANN'S ID")),
            UserKey::Username("Ann@example.org".to_owned()),
            UserKey::Email("Ann".to_owned()),
            UserKey::Username(String::new()),
        ] {
            assert_eq!(find(&*store, key.clone()).await, None, "{key:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_and_addresses_are_unique_case_insensitively_and_roles_must_exist() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, "ann", "1").await;
        let name = User {
            username: Username::parse("ANN".to_owned()).unwrap(),
            ..user("bob")
        };
        let address = User {
            email: Some(Email::parse("Ann@Example.org".to_owned()).unwrap()),
            ..user("bob")
        };
        let role = User {
            roles: vec!["user".to_owned(), "wizard".to_owned()],
            ..user("bob")
        };
        let taken = |text: &str| Problem::Taken(text.to_owned());
        for (new, field, problem) in [
            (name, Field::Username, taken("ANN")),
            (address, Field::Email, taken("Ann@Example.org")),
            (role, Field::Role, Problem::Unknown),
        ] {
            refused(
                store
                    .create_user(new, "2".to_owned(), crate::support::beforehand())
                    .await,
                field,
                &problem,
            );
        }
        assert_eq!(
            named(&*store, "bob").await,
            None,
            "a refused user is not stored"
        );
        for name in ["without", "address"] {
            let without_email = User {
                email: None,
                ..user(name)
            };
            store
                .create_user(without_email, "3".to_owned(), crate::support::beforehand())
                .await
                .unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_by_name() {
    every_store(async |database| {
        let store = database.open();
        let all = async || {
            let page = store.list_users(UserQuery::default()).await.unwrap();
            assert_eq!(page.total, page.items.len() as u64);
            page.items
        };
        assert_eq!(all().await, []);
        for name in ["cid", "Bob", "ann"] {
            create(&*store, name, "").await;
        }
        let expected = ["ann", "Bob", "cid"].map(user);
        assert_eq!(all().await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_patch_changes_its_fields_and_the_update_time() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, "ann", "old").await;
        let roles = UserPatch {
            roles: Some(RoleChange::Replace(
                ["bot", "livechat-agent", "bot"].map(str::to_owned).into(),
            )),
            ..UserPatch::default()
        };
        let inactive = UserPatch {
            active: Some(false),
            ..UserPatch::default()
        };
        let hash = UserPatch {
            password_hash: Some("new".to_owned()),
            ..UserPatch::default()
        };
        for (time, patch) in (2..).zip([roles, inactive, hash]) {
            store
                .update_user(user("ann").id, patch, admin_at(time))
                .await
                .unwrap();
        }
        let changed = User {
            roles: vec!["bot".to_owned(), "livechat-agent".to_owned()],
            active: false,
            updated_at: at(4),
            ..user("ann")
        };
        assert_eq!(
            named(&*store, "ann").await,
            Some((changed, "new".to_owned()))
        );
    })
    .await;
}

#[tokio::test]
async fn a_refused_patch_changes_nothing() {
    every_store(async |database| {
        let store = database.open();
        create(&*store, "ann", "old").await;
        let patch = UserPatch {
            password_hash: Some("new".to_owned()),
            roles: Some(RoleChange::Replace(vec![
                "admin".to_owned(),
                "wizard".to_owned(),
            ])),
            active: Some(false),
            ..UserPatch::default()
        };
        let version = store.version(ChangeKind::Access);
        let result = store
            .update_user(user("ann").id, patch.clone(), admin_at(2))
            .await;
        refused(result, Field::Role, &Problem::Unknown);
        assert_eq!(
            named(&*store, "ann").await,
            Some((user("ann"), "old".to_owned()))
        );

        let result = store
            .update_user(UserId::new("nobody"), patch, admin_at(2))
            .await;
        assert!(
            matches!(&result, Err(Error::NotFound(What::User(id))) if id == "nobody"),
            "{result:?}"
        );
        let nothing = UserPatch::default();
        store
            .update_user(user("ann").id, nothing, admin_at(2))
            .await
            .unwrap();
        assert!(store.version(ChangeKind::Access) > version);
    })
    .await;
}
