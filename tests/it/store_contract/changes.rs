//! The end of logins, deletions, permissions and settings: each change appends the event that tells of it, and what is refused or changes
//! nothing appends none. Users who stay are in `user_changes`.

use crate::support::store::changes::{told, told_of, updated};
use crate::support::store::presence::{events, id, with_users};
use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    Change, Login, LoginId, LoginKind, PermissionGrant, PresencePolicy, Setting, SettingValue,
};
use doorsign::store::{RoleChange, Store, UserPatch};

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
async fn logins_that_a_password_or_a_deactivation_ends_are_told_if_there_are_any() {
    every_store(async |place| {
        let store = with_users(&place, &["ann"]).await;
        let password = |keep_login| UserPatch {
            password_hash: Some("another".to_owned()),
            keep_login,
            ..UserPatch::default()
        };
        let active = |active| UserPatch {
            active: Some(active),
            ..UserPatch::default()
        };
        let seen = updated("ann", "ANN", false);
        let own = log_in(&*store, "own", None).await.id;
        log_in(&*store, "token", Some("laptop")).await;
        assert_eq!(
            told_of(&*store, password(Some(own.clone()))).await,
            [],
            "none but the one that stays"
        );
        log_in(&*store, "other", None).await;
        assert_eq!(
            told_of(&*store, password(Some(own))).await,
            told(&[ended()])
        );
        assert_eq!(told_of(&*store, password(None)).await, told(&[ended()]));
        let expected = told(&[seen.clone(), ended()]);
        assert_eq!(told_of(&*store, active(false)).await, expected);
        assert_eq!(told_of(&*store, active(true)).await, told(&[seen]));
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_login_is_told_once_and_its_beginning_and_its_own_end_are_not() {
    every_store(async |place| {
        let store = with_users(&place, &["ann"]).await;
        let login = log_in(&*store, "own", None).await.id;
        for there_was_one in [true, false] {
            let ended = store.delete_login(login.clone(), admin_at(5)).await;
            assert_eq!(ended.unwrap(), there_was_one);
        }
        assert_eq!(events(&*store).await, told(&[ended()]));

        let old = log_in(&*store, "old", Some("laptop")).await;
        let new = Login {
            id: LoginId::new("new"),
            ..old
        };
        store.replace_token(new, admin_at(5)).await.unwrap();
        assert_eq!(events(&*store).await, told(&[ended(), ended()]));

        log_in(&*store, "third", None).await;
        for _ in 0..2 {
            store.delete_logins(id("ann"), admin_at(5)).await.unwrap();
        }
        assert_eq!(events(&*store).await, told(&[ended(), ended(), ended()]));

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
async fn a_deletion_is_told_with_the_last_name() {
    every_store(async |place| {
        let store = with_users(&place, &["ann"]).await;
        store.delete_user(id("ann"), admin_at(5)).await.unwrap();
        let gone = Change::UserDeleted {
            user: id("ann"),
            username: user("ann").username,
        };
        assert_eq!(events(&*store).await, told(&[gone]));
    })
    .await;
}

#[tokio::test]
async fn permissions_are_told_with_the_roles_that_are_stored() {
    every_store(async |place| {
        let store = place.open();
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
        for granted in [true, true, false, false] {
            let (permission, role) = ("view-statistics".to_owned(), "bot".to_owned());
            let set = store.set_grant(permission, role, granted, admin_at(5));
            set.await.unwrap();
        }
        let expected = [
            grant("manage-user-status", &["user", "admin"]),
            grant("view-statistics", &[]),
            grant("view-statistics", &["bot"]),
            grant("view-statistics", &[]),
        ];
        let expected = expected.map(Change::PermissionChanged);
        assert_eq!(events(&*store).await, told(&expected));
    })
    .await;
}

#[tokio::test]
async fn settings_of_every_kind_are_told_when_they_differ_and_somebody_is_to_hear_of_it() {
    every_store(async |place| {
        let store = place.open();
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
        assert_eq!(events(&*store).await, told(&changes));
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_is_not_told() {
    every_store(async |place| {
        let store = with_users(&place, &["bob"]).await;
        let admin = doorsign::domain::User {
            roles: vec!["admin".to_owned()],
            ..user("ann")
        };
        store
            .create_user(admin, String::new(), crate::support::operator())
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
        assert!(store.delete_logins(id("nobody"), by()).await.is_err());
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
        let refused = store.set_grant(boss.permission, "boss".to_owned(), true, by());
        assert!(refused.await.is_err());
        assert_eq!(events(&*store).await, []);
    })
    .await;
}
