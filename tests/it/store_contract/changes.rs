//! Ended logins, deletions, permissions and settings: each change appends its event. A change that
//! is refused or has no effect appends none. Updates of users are in `user_changes`.

use crate::support::store::changes::{events_by_admin, update_events, updated};
use crate::support::store::presence::{events, id, with_users};
use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::GrantChange::*;
use doorsign::domain::{
    Attribution, Author, Change, EndedLogins, Login, LoginId, LoginKind, PermissionGrant,
    PresencePolicy, RoleChange, Setting, SettingValue, UserPatch,
};
use doorsign::store::Store;

fn ended() -> Change {
    Change::LoginsEnded { user: id("ann") }
}

/// Opens a login of ann by password, or by a token of this name.
async fn log_in(store: &dyn Store, login: &str, token: Option<&str>) -> Login {
    let token = token.map(|name| LoginKind::Token {
        name: name.to_owned(),
        tail: String::new(),
        bypass_two_factor: false,
    });
    let login = Login {
        id: LoginId::new(login),
        user: id("ann"),
        kind: token.unwrap_or(LoginKind::Password),
        created_at: at(3),
        expires_at: None,
    };
    store
        .create_login(login.clone().into(), crate::support::operator())
        .await
        .unwrap();
    login
}

#[tokio::test]
async fn a_new_password_or_a_deactivation_appends_an_event_if_it_ends_logins() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let password = |keep_login| UserPatch {
            password_hash: Some("another".to_owned()),
            keep_login,
            ..UserPatch::default()
        };
        let active = |active| UserPatch {
            active: Some(active),
            ..UserPatch::default()
        };
        let user_updated = updated("ann", "ANN", false);
        let own = log_in(&*store, "own", None).await.id;
        log_in(&*store, "token", Some("laptop")).await;
        assert_eq!(
            update_events(&*store, password(Some(own.clone()))).await,
            [],
            "the only login by password is kept"
        );
        log_in(&*store, "other", None).await;
        assert_eq!(
            update_events(&*store, password(Some(own))).await,
            events_by_admin(&[ended()])
        );
        assert_eq!(
            update_events(&*store, password(None)).await,
            events_by_admin(&[ended()])
        );
        let expected = events_by_admin(&[user_updated.clone(), ended()]);
        assert_eq!(update_events(&*store, active(false)).await, expected);
        assert_eq!(
            update_events(&*store, active(true)).await,
            events_by_admin(&[user_updated])
        );
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_login_appends_one_event_and_its_creation_and_expiry_none() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let login = log_in(&*store, "own", None).await.id;
        for existed in [true, false] {
            let ended = store.delete_login(login.clone(), admin_at(5)).await;
            assert_eq!(ended.unwrap(), existed);
        }
        assert_eq!(events(&*store).await, events_by_admin(&[ended()]));

        let old = log_in(&*store, "old", Some("laptop")).await;
        let new = Login {
            id: LoginId::new("new"),
            ..old
        };
        store.replace_token(new, admin_at(5)).await.unwrap();
        assert_eq!(events(&*store).await, events_by_admin(&[ended(), ended()]));

        log_in(&*store, "third", None).await;
        for _ in 0..2 {
            store
                .end_logins(id("ann"), EndedLogins::All, admin_at(5))
                .await
                .unwrap();
        }
        assert_eq!(
            events(&*store).await,
            events_by_admin(&[ended(), ended(), ended()])
        );

        let brief = Login {
            id: LoginId::new("brief"),
            user: id("ann"),
            kind: LoginKind::Password,
            created_at: at(6),
            expires_at: Some(at(7)),
        };
        store
            .create_login(brief.clone().into(), crate::support::operator())
            .await
            .unwrap();
        let next = Login {
            id: LoginId::new("next"),
            created_at: at(8),
            ..brief
        };
        store
            .create_login(next.into(), crate::support::operator())
            .await
            .unwrap();
        assert_eq!(store.list_logins(id("ann")).await.unwrap().len(), 1);
        assert_eq!(events(&*store).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_event_of_a_deleted_user_carries_the_last_username() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        store.delete_user(id("ann"), admin_at(5)).await.unwrap();
        let gone = Change::UserDeleted {
            was_public: false,
            user: id("ann"),
            username: user("ann").username,
        };
        assert_eq!(events(&*store).await, events_by_admin(&[gone]));
    })
    .await;
}

#[tokio::test]
async fn the_event_of_a_changed_permission_carries_the_stored_roles() {
    every_store(async |database| {
        let store = database.open();
        let grant = |permission: &str, roles: &[&str]| PermissionGrant {
            permission: permission.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            updated_at: at(5),
        };
        let given = vec![
            grant("manage-user-status", &["user", "admin", "user"]),
            grant("view-statistics", &[]),
        ];
        store.update_permissions(given, admin_at(5)).await.unwrap();
        for change in [Grant, Grant, Revoke, Revoke] {
            let (permission, role) = ("view-statistics".to_owned(), "bot".to_owned());
            let set = store.set_grant(permission, role, change, admin_at(5));
            set.await.unwrap();
        }
        let expected = [
            grant("manage-user-status", &["user", "admin"]),
            grant("view-statistics", &[]),
            grant("view-statistics", &["bot"]),
            grant("view-statistics", &[]),
        ];
        let expected = expected.map(Change::PermissionChanged);
        assert_eq!(events(&*store).await, events_by_admin(&expected));
    })
    .await;
}

#[tokio::test]
async fn a_changed_setting_of_any_type_appends_one_event_unless_the_change_is_silent() {
    every_store(async |database| {
        let store = database.open();
        let cases: [(Setting, SettingValue); 4] = [
            (Setting::SiteName, "Office \u{1f3e2}".into()),
            (Setting::DisplayRoles, false.into()),
            (Setting::FileUploadMaxFileSize, (-1_i64).into()),
            (Setting::SiteName, Setting::SiteName.default()),
        ];
        let changes = cases.map(|(setting, value)| Change::SettingChanged(setting, value));
        for change in &changes {
            let Change::SettingChanged(setting, value) = change.clone() else {
                panic!("{change:?}")
            };
            for _ in 0..2 {
                let set = store.set_setting(setting, value.clone(), at(5), Some(admin_at(5)));
                set.await.unwrap();
            }
        }
        let silent = store.set_setting(Setting::UniqueId, "abc".into(), at(5), None);
        silent.await.unwrap();
        assert_eq!(events(&*store).await, events_by_admin(&changes));
    })
    .await;
}

#[tokio::test]
async fn refused_changes_append_no_event() {
    every_store(async |database| {
        let store = with_users(&database, &["bob"]).await;
        let admin = doorsign::domain::User {
            roles: vec!["admin".to_owned()],
            ..user("ann")
        };
        store
            .create_user(admin, String::new(), crate::support::beforehand())
            .await
            .unwrap();
        let login = log_in(&*store, "token", Some("laptop")).await;
        let by = || admin_at(5);
        let half = UserPatch {
            name: Some("Another".to_owned()),
            roles: Some(RoleChange::Add("boss".to_owned())),
            ..UserPatch::default()
        };
        let last = UserPatch {
            active: Some(false),
            presence_policy: Some(PresencePolicy::Always),
            ..UserPatch::default()
        };
        for patch in [half, last] {
            assert!(store.update_user(id("ann"), patch, by()).await.is_err());
        }
        assert!(store.delete_user(id("ann"), by()).await.is_err());
        assert!(store.delete_user(id("nobody"), by()).await.is_err());
        assert!(
            store
                .end_logins(id("nobody"), EndedLogins::All, by())
                .await
                .is_err()
        );
        let other = Login {
            kind: LoginKind::Password,
            ..login
        };
        assert!(store.replace_token(other, by()).await.is_err());
        let boss = PermissionGrant {
            permission: "view-statistics".to_owned(),
            roles: vec!["boss".to_owned()],
            updated_at: at(5),
        };
        let bot = PermissionGrant {
            roles: vec!["bot".to_owned()],
            ..boss.clone()
        };
        let refused = store.update_permissions(vec![bot, boss.clone()], by());
        assert!(refused.await.is_err());
        let refused = store.set_grant(boss.permission, "boss".to_owned(), Grant, by());
        assert!(refused.await.is_err());
        assert_eq!(events(&*store).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_created_user_is_announced_unless_the_server_itself_creates_the_user() {
    every_store(async |database| {
        let store = database.open();
        let address = Some([192, 0, 2, 1].into());
        let admin = Author::User {
            id: user("admin").id,
            username: user("admin").username,
        };
        let authors = [
            ("ann", Author::Server),
            ("bob", Author::Operator),
            ("cid", Author::Anonymous),
            ("dan", admin),
        ];
        for (name, author) in authors {
            let at = at(4);
            let by = Attribution {
                at,
                author,
                address,
            };
            let created = store.create_user(user(name), String::new(), by);
            created.await.unwrap();
        }
        let found = events(&*store).await;
        let made: Vec<_> = found
            .iter()
            .map(|event| (event.actor_name.as_str(), &event.change))
            .collect();
        let created = |name: &str| Change::UserCreated {
            user: user(name).id,
            username: user(name).username,
            name: user(name).name,
        };
        let (bob, cid, dan) = (created("bob"), created("cid"), created("dan"));
        assert_eq!(made, [("bob", &bob), ("cid", &cid), ("admin", &dan)]);
        // A refused creation leaves none.
        let again = store.create_user(user("bob"), String::new(), crate::support::operator());
        again.await.unwrap_err();
        assert_eq!(events(&*store).await.len(), 3);
    })
    .await;
}
