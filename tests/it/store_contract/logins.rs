//! Logins: what they open, and everything that ends them.

use super::{admin_at, at, every_store, user};
use doorsign::domain::{
    Error, Field, Login, LoginId, LoginKind, Permission, Problem, UserId, What,
};
use doorsign::store::{Part, RoleChange, Store, UserPatch};

/// A login of `whose`, made at `n`, by password, or by a token of that name.
fn login(whose: &str, n: i64, token: Option<&str>) -> Login {
    let token = token.map(|name| LoginKind::Token {
        name: name.to_owned(),
        tail: "abcdef".to_owned(),
        bypass_two_factor: n % 2 == 0,
    });
    Login {
        id: LoginId::new(format!("{whose} {n}")),
        user: user(whose).id,
        kind: token.unwrap_or(LoginKind::Password),
        created_at: at(n),
        expires_at: (n % 2 == 0).then(|| at(n + 1000)),
    }
}

async fn with_users(store: &dyn Store) {
    for name in ["ann", "bob"] {
        store
            .create_user(user(name), String::new(), crate::support::operator())
            .await
            .unwrap();
    }
}

async fn of(store: &dyn Store, whose: &str) -> Vec<Login> {
    store.list_logins(user(whose).id).await.unwrap()
}

async fn opens(store: &dyn Store, login: &Login) -> bool {
    store
        .find_session(login.id.clone())
        .await
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn a_login_opens_the_session_of_its_user_with_what_the_roles_grant() {
    every_store(async |place| {
        let store = place.open();
        with_users(&*store).await;
        let (login, roles) = (login("ann", 2, None), vec!["admin".to_owned()]);
        store
            .create_login(login.clone(), crate::support::operator())
            .await
            .unwrap();
        let session = store.find_session(login.id.clone()).await.unwrap().unwrap();
        let mut ann = user("ann");
        ann.profile.last_login_at = Some(login.created_at);
        assert_eq!((session.login, session.user), (login.clone(), ann));
        assert!(!session.grants.contains(Permission::ManageUserStatus));

        let admin = UserPatch {
            roles: Some(RoleChange::Replace(roles)),
            ..UserPatch::default()
        };
        store
            .update_user(login.user, admin, admin_at(3))
            .await
            .unwrap();
        let session = store.find_session(login.id).await.unwrap().unwrap();
        for permission in Permission::ALL {
            assert!(session.grants.contains(*permission), "{permission:?}");
        }
        let unknown = LoginId::new("ANN 2");
        assert!(store.find_session(unknown).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn logins_are_listed_oldest_first_and_for_their_user_alone() {
    every_store(async |place| {
        let store = place.open();
        with_users(&*store).await;
        let (third, first, second) = (
            login("ann", 30, Some("laptop")),
            login("ann", 10, None),
            login("ann", 20, None),
        );
        for login in [&third, &first, &second, &login("bob", 1, None)] {
            store
                .create_login(login.clone(), crate::support::operator())
                .await
                .unwrap();
        }
        assert_eq!(of(&*store, "ann").await, [first, second, third]);
        assert_eq!(store.list_logins(UserId::new("nobody")).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_token_name_is_unique_for_its_user_and_a_login_needs_a_user() {
    every_store(async |place| {
        let store = place.open();
        with_users(&*store).await;
        store.create_login(login("ann", 1, Some("laptop")), crate::support::operator()).await.unwrap();
        store.create_login(login("bob", 1, Some("laptop")), crate::support::operator()).await.unwrap();
        let taken = store.create_login(login("ann", 2, Some("laptop")), crate::support::operator()).await;
        let problem = Problem::Taken("laptop".to_owned());
        assert!(
            matches!(&taken, Err(Error::Invalid { field: Field::TokenName, problem: p }) if *p == problem),
            "{taken:?}"
        );
        let nobodys = store.create_login(login("nobody", 1, None), crate::support::operator()).await;
        let id = user("nobody").id;
        assert!(
            matches!(&nobodys, Err(Error::NotFound(What::User(text))) if text == id.as_str()),
            "{nobodys:?}"
        );
        assert_eq!((of(&*store, "ann").await.len(), of(&*store, "bob").await.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn nobody_who_is_switched_off_gets_a_login() {
    every_store(async |place| {
        let store = place.open();
        let mut ann = user("ann");
        ann.active = false;
        store
            .create_user(ann, String::new(), crate::support::operator())
            .await
            .unwrap();
        for token in [None, Some("laptop")] {
            let made = store
                .create_login(login("ann", 1, token), crate::support::operator())
                .await;
            assert!(matches!(made, Err(Error::Deactivated)), "{made:?}");
        }
        assert_eq!(of(&*store, "ann").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_login_opens_nothing_and_is_deleted_once() {
    every_store(async |place| {
        let store = place.open();
        with_users(&*store).await;
        let (gone, kept) = (login("ann", 1, None), login("ann", 2, None));
        for login in [&gone, &kept] {
            store
                .create_login(login.clone(), crate::support::operator())
                .await
                .unwrap();
        }
        let version = store.version(Part::Access);
        assert!(
            store
                .delete_login(gone.id.clone(), admin_at(3))
                .await
                .unwrap()
        );
        assert!(
            store.version(Part::Access) > version,
            "raised before the answer"
        );
        assert!(
            !store
                .delete_login(gone.id.clone(), admin_at(3))
                .await
                .unwrap()
        );
        assert!(!opens(&*store, &gone).await && opens(&*store, &kept).await);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_logins_by_password_and_deactivation_ends_all() {
    every_store(async |place| {
        let store = place.open();
        with_users(&*store).await;
        let (password, token) = (login("ann", 1, None), login("ann", 2, Some("laptop")));
        let (others, again) = (login("bob", 1, None), login("ann", 3, None));
        for login in [&password, &token, &others] {
            store
                .create_login(login.clone(), crate::support::operator())
                .await
                .unwrap();
        }
        let roles = RoleChange::Replace(vec!["user".to_owned()]);
        let (roles, active) = (Some(roles), Some(true));
        let harmless = UserPatch {
            roles,
            active,
            ..UserPatch::default()
        };
        let change = |patch| store.update_user(user("ann").id, patch, admin_at(5));
        change(harmless).await.unwrap();
        assert!(opens(&*store, &password).await && opens(&*store, &token).await);

        let password_hash = Some("new".to_owned());
        let version = store.version(Part::Access);
        change(UserPatch {
            password_hash,
            ..UserPatch::default()
        })
        .await
        .unwrap();
        assert!(
            store.version(Part::Access) > version,
            "raised before the answer"
        );
        let left = of(&*store, "ann").await;
        assert_eq!(left, std::slice::from_ref(&token));

        store
            .create_login(again, crate::support::operator())
            .await
            .unwrap();
        let active = Some(false);
        change(UserPatch {
            active,
            ..UserPatch::default()
        })
        .await
        .unwrap();
        assert_eq!(of(&*store, "ann").await, []);
        assert!(opens(&*store, &others).await, "nobody else is logged out");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_replaced_by_name_and_all_logins_of_a_user_end_together() {
    every_store(async |place| {
        let store = place.open();
        with_users(&*store).await;
        let (old, new) = (
            login("ann", 1, Some("laptop")),
            login("ann", 3, Some("laptop")),
        );
        let (others, phone) = (
            login("bob", 1, Some("laptop")),
            login("ann", 5, Some("phone")),
        );
        for login in [&old, &others] {
            store
                .create_login(login.clone(), crate::support::operator())
                .await
                .unwrap();
        }
        let version = store.version(Part::Access);
        store.replace_token(new.clone(), admin_at(3)).await.unwrap();
        assert!(store.version(Part::Access) > version);
        assert_eq!(of(&*store, "ann").await, std::slice::from_ref(&new));
        let unknown = store.replace_token(phone, admin_at(5)).await;
        assert!(
            matches!(&unknown, Err(Error::NotFound(What::Login(name))) if name == "phone"),
            "{unknown:?}"
        );
        store
            .create_login(login("ann", 7, None), crate::support::operator())
            .await
            .unwrap();
        store
            .delete_logins(user("ann").id, admin_at(8))
            .await
            .unwrap();
        assert_eq!(of(&*store, "ann").await, []);
        assert!(opens(&*store, &others).await);
    })
    .await;
}
