//! Logins: the sessions that they open, and everything that ends them.

use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    EndedLogins, Error, Field, Login, LoginId, LoginKind, LoginOrigin, LoginQuery, NewLogin,
    Permission, Problem, RoleChange, UserId, UserPatch, What,
};
use doorsign::store::{ChangeKind, Store};
use std::time::Duration;

/// A login of `owner`, created at `n`, by password or by the personal access token `token`.
fn login(owner: &str, n: i64, token: Option<&str>) -> Login {
    let token = token.map(|name| LoginKind::Token {
        name: name.to_owned(),
        tail: "abcdef".to_owned(),
        bypass_two_factor: n % 2 == 0,
    });
    Login {
        id: LoginId::new(format!("{owner} {n}")),
        user: user(owner).id,
        kind: token.unwrap_or(LoginKind::Password),
        created_at: at(n),
        expires_at: (n % 2 == 0).then(|| at(n + 1000)),
    }
}

async fn with_users(store: &dyn Store) {
    for name in ["ann", "bob"] {
        store
            .create_user(user(name), String::new(), crate::support::beforehand())
            .await
            .unwrap();
    }
}

async fn logins_of(store: &dyn Store, owner: &str) -> Vec<Login> {
    store.list_logins(user(owner).id).await.unwrap()
}

async fn opens(store: &dyn Store, login: &Login) -> bool {
    store
        .find_session(login.id.clone())
        .await
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn a_login_opens_a_session_of_its_user_with_the_permissions_of_the_roles() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let (login, roles) = (login("ann", 2, None), vec!["admin".to_owned()]);
        store
            .create_login(login.clone().into(), crate::support::operator())
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
async fn logins_are_listed_per_user_and_oldest_first() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let (third, first, second) = (
            login("ann", 30, Some("laptop")),
            login("ann", 10, None),
            login("ann", 20, None),
        );
        for login in [&third, &first, &second, &login("bob", 1, None)] {
            store
                .create_login(login.clone().into(), crate::support::operator())
                .await
                .unwrap();
        }
        assert_eq!(logins_of(&*store, "ann").await, [first, second, third]);
        assert_eq!(store.list_logins(UserId::new("nobody")).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_token_name_is_unique_per_user_and_a_login_needs_a_user() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        store.create_login(login("ann", 1, Some("laptop")).into(), crate::support::operator()).await.unwrap();
        store.create_login(login("bob", 1, Some("laptop")).into(), crate::support::operator()).await.unwrap();
        let taken = store.create_login(login("ann", 2, Some("laptop")).into(), crate::support::operator()).await;
        let problem = Problem::Taken("laptop".to_owned());
        assert!(
            matches!(&taken, Err(Error::Invalid { field: Field::TokenName, problem: p }) if *p == problem),
            "{taken:?}"
        );
        let orphan = store.create_login(login("nobody", 1, None).into(), crate::support::operator()).await;
        let id = user("nobody").id;
        assert!(
            matches!(&orphan, Err(Error::NotFound(What::User(text))) if text == id.as_str()),
            "{orphan:?}"
        );
        assert_eq!((logins_of(&*store, "ann").await.len(), logins_of(&*store, "bob").await.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_deactivated_user_gets_no_login() {
    every_store(async |database| {
        let store = database.open();
        let mut ann = user("ann");
        ann.active = false;
        store
            .create_user(ann, String::new(), crate::support::beforehand())
            .await
            .unwrap();
        for token in [None, Some("laptop")] {
            let made = store
                .create_login(login("ann", 1, token).into(), crate::support::operator())
                .await;
            assert!(matches!(made, Err(Error::Deactivated)), "{made:?}");
        }
        assert_eq!(logins_of(&*store, "ann").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_login_opens_no_session_and_is_deleted_once() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let (gone, kept) = (login("ann", 1, None), login("ann", 2, None));
        for login in [&gone, &kept] {
            store
                .create_login(login.clone().into(), crate::support::operator())
                .await
                .unwrap();
        }
        let version = store.version(ChangeKind::Access);
        assert!(
            store
                .delete_login(gone.id.clone(), admin_at(3))
                .await
                .unwrap()
        );
        assert!(
            store.version(ChangeKind::Access) > version,
            "raised before the call returns"
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
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let (password, token) = (login("ann", 1, None), login("ann", 2, Some("laptop")));
        let (others, again) = (login("bob", 1, None), login("ann", 3, None));
        for login in [&password, &token, &others] {
            store
                .create_login(login.clone().into(), crate::support::operator())
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
        let version = store.version(ChangeKind::Access);
        change(UserPatch {
            password_hash,
            ..UserPatch::default()
        })
        .await
        .unwrap();
        assert!(
            store.version(ChangeKind::Access) > version,
            "raised before the call returns"
        );
        let left = logins_of(&*store, "ann").await;
        assert_eq!(left, std::slice::from_ref(&token));

        store
            .create_login(again.into(), crate::support::operator())
            .await
            .unwrap();
        let active = Some(false);
        change(UserPatch {
            active,
            ..UserPatch::default()
        })
        .await
        .unwrap();
        assert_eq!(logins_of(&*store, "ann").await, []);
        assert!(opens(&*store, &others).await, "other users stay logged in");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_replaced_by_name_and_all_logins_of_a_user_end_together() {
    every_store(async |database| {
        let store = database.open();
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
                .create_login(login.clone().into(), crate::support::operator())
                .await
                .unwrap();
        }
        let version = store.version(ChangeKind::Access);
        store.replace_token(new.clone(), admin_at(3)).await.unwrap();
        assert!(store.version(ChangeKind::Access) > version);
        assert_eq!(logins_of(&*store, "ann").await, std::slice::from_ref(&new));
        let unknown = store.replace_token(phone, admin_at(5)).await;
        assert!(
            matches!(&unknown, Err(Error::NotFound(What::Login(name))) if name == "phone"),
            "{unknown:?}"
        );
        store
            .create_login(login("ann", 7, None).into(), crate::support::operator())
            .await
            .unwrap();
        store
            .end_logins(user("ann").id, EndedLogins::All, admin_at(8))
            .await
            .unwrap();
        assert_eq!(logins_of(&*store, "ann").await, []);
        assert!(opens(&*store, &others).await);
    })
    .await;
}

#[tokio::test]
async fn a_login_requested_by_an_ended_login_is_refused() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let asking = login("ann", 1, None);
        store
            .create_login(asking.clone().into(), crate::support::operator())
            .await
            .unwrap();
        store
            .end_logins(user("ann").id, EndedLogins::All, admin_at(2))
            .await
            .unwrap();
        let new = NewLogin {
            asked_by: Some(asking.id),
            ..login("ann", 3, Some("laptop")).into()
        };
        let refused = store.create_login(new, crate::support::operator()).await;
        assert!(
            matches!(refused, Err(Error::Unauthenticated)),
            "{refused:?}"
        );
        assert_eq!(store.list_logins(user("ann").id).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_login_beyond_the_limit_ends_the_least_recently_used_one() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        store
            .create_login(login("bob", 9, None).into(), crate::support::operator())
            .await
            .unwrap();
        let token = login("ann", 8, Some("laptop"));
        store
            .create_login(token.clone().into(), crate::support::operator())
            .await
            .unwrap();
        let limited = |n| NewLogin {
            most: Some(2),
            ..login("ann", n, None).into()
        };
        for n in [1, 2] {
            store
                .create_login(limited(n), crate::support::operator())
                .await
                .unwrap();
        }
        let first = login("ann", 1, None);
        let used = vec![(first.id.clone(), at(5))];
        store.note_used(used, Duration::ZERO).await.unwrap();
        let before = (
            store.version(ChangeKind::Access),
            *store.committed().borrow(),
        );
        store
            .create_login(limited(3), crate::support::operator())
            .await
            .unwrap();
        let mut left: Vec<_> = store.list_logins(user("ann").id).await.unwrap();
        left.retain(|login| login.token_name().is_none());
        let left: Vec<_> = left.into_iter().map(|login| login.id).collect();
        assert_eq!(left, [first.id, login("ann", 3, None).id]);
        let after = (
            store.version(ChangeKind::Access),
            *store.committed().borrow(),
        );
        assert!(
            before.0 < after.0 && before.1 < after.1,
            "{before:?} {after:?}"
        );
        assert_eq!(store.list_logins(user("bob").id).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_recorded_once_per_interval_and_changes_nothing_else() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let used = login("ann", 1, None);
        let origin = LoginOrigin::new([192, 0, 2, 1].into(), Some("a browser\n"));
        let new = NewLogin {
            origin: origin.clone(),
            ..used.clone().into()
        };
        store
            .create_login(new, crate::support::operator())
            .await
            .unwrap();
        let version = store.version(ChangeKind::Access);
        let record = async || {
            let page = store.list_login_records(LoginQuery::all(at(2))).await;
            page.unwrap().items.remove(0)
        };
        assert_eq!(record().await.last_used_at, None);
        for (n, expected) in [(10, 10), (11, 10), (15, 15)] {
            let span = Duration::from_millis(5);
            let noted = vec![(used.id.clone(), at(n))];
            store.note_used(noted, span).await.unwrap();
            assert_eq!(record().await.last_used_at, Some(at(expected)));
        }
        let record = record().await;
        assert_eq!((record.login, record.username.as_str()), (used, "ann"));
        assert_eq!(record.origin.client.as_deref(), Some("a browser"));
        assert_eq!(record.origin.address, origin.address);
        assert_eq!(store.version(ChangeKind::Access), version);
    })
    .await;
}

#[tokio::test]
async fn deleting_other_logins_keeps_the_own_login_and_tokens() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let (own, token) = (login("ann", 1, None), login("ann", 3, Some("laptop")));
        let others = [login("ann", 2, None), login("bob", 4, None)];
        for login in [&own, &token].into_iter().chain(&others) {
            store
                .create_login(login.clone().into(), crate::support::operator())
                .await
                .unwrap();
        }
        let before = *store.committed().borrow();
        for _ in 0..2 {
            let by = admin_at(5);
            store
                .end_logins(
                    user("ann").id,
                    EndedLogins::Password {
                        kept: Some(own.id.clone()),
                    },
                    by,
                )
                .await
                .unwrap();
        }
        assert_eq!(
            store.list_logins(user("ann").id).await.unwrap(),
            [own, token]
        );
        assert_eq!(store.list_logins(user("bob").id).await.unwrap().len(), 1);
        let events = store.events_after(before, 10).await.unwrap();
        assert_eq!(events.len(), 1, "one event, and none when no login ended");
    })
    .await;
}

#[tokio::test]
async fn addresses_of_logins_are_listed_by_their_last_use() {
    every_store(async |database| {
        let store = database.open();
        with_users(&*store).await;
        let address = |n: u8| std::net::IpAddr::from([192, 0, 2, n]);
        let add = async |owner: &str, n: i64, from: Option<u8>| {
            let new = NewLogin {
                origin: from
                    .map_or_else(LoginOrigin::default, |n| LoginOrigin::new(address(n), None)),
                ..login(owner, n, None).into()
            };
            let by = crate::support::operator();
            store.create_login(new, by).await.unwrap();
        };
        for (n, from) in [
            (1, Some(1)),
            (3, Some(2)),
            (5, Some(3)),
            (7, Some(2)),
            (9, None),
        ] {
            add("ann", n, from).await;
        }
        add("bob", 11, Some(4)).await;
        let used = vec![(login("ann", 1, None).id, at(6))];
        store.note_used(used, Duration::ZERO).await.unwrap();
        let list = async |most| {
            store
                .list_login_addresses(user("ann").id, most)
                .await
                .unwrap()
        };
        let all = vec![
            (address(2), at(7)),
            (address(1), at(6)),
            (address(3), at(5)),
        ];
        assert_eq!(list(9).await, all);
        assert_eq!(list(2).await, all[..2]);
    })
    .await;
}
