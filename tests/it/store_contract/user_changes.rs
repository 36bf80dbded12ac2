//! Changes to users and their roles: each appends exactly its own events, and a change without
//! effect appends none.

use crate::support::store::changes::{events_by_admin, update_events, updated};
use crate::support::store::presence::{id, with_users};
use crate::support::store::{every_store, user};
use doorsign::domain::{
    Baseline, Bio, Change, Choice, Email, HiddenFrom, PresencePolicy, RoleChange, RoleOf,
    StatusChange, StatusText, UserPatch, UserStatus, Username,
};

fn role(role: &str) -> RoleOf {
    RoleOf {
        user: id("ann"),
        username: user("ann").username,
        role: role.to_owned(),
    }
}

#[tokio::test]
async fn the_event_of_a_changed_user_carries_the_new_names() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let cases = [
            (
                UserPatch {
                    bio: Some(Bio::parse("Some words").unwrap()),
                    ..UserPatch::default()
                },
                updated("ann", "ANN", false),
            ),
            (
                UserPatch {
                    email: Some(Email::parse("a@example.org".to_owned()).unwrap()),
                    ..UserPatch::default()
                },
                updated("ann", "ANN", false),
            ),
            (
                UserPatch {
                    name: Some("Ann A.".to_owned()),
                    ..UserPatch::default()
                },
                updated("ann", "Ann A.", true),
            ),
            (
                UserPatch {
                    username: Some(Username::parse("Ann".to_owned()).unwrap()),
                    ..UserPatch::default()
                },
                updated("Ann", "Ann A.", true),
            ),
            (
                UserPatch {
                    active: Some(false),
                    ..UserPatch::default()
                },
                updated("Ann", "Ann A.", false),
            ),
            (
                UserPatch {
                    presence_policy: Some(PresencePolicy::Always),
                    ..UserPatch::default()
                },
                updated("Ann", "Ann A.", false),
            ),
        ];
        for (patch, change) in cases {
            let expected = events_by_admin(&[change]);
            assert_eq!(
                update_events(&*store, patch.clone()).await,
                expected,
                "{patch:?}"
            );
            assert_eq!(
                update_events(&*store, patch.clone()).await,
                [],
                "again: {patch:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn preferences_a_password_an_unblock_and_an_empty_patch_append_no_event() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        for patch in [
            UserPatch::default(),
            UserPatch {
                preferences: Some(r#"{"a":1}"#.to_owned()),
                ..UserPatch::default()
            },
            UserPatch {
                password_hash: Some("another".to_owned()),
                ..UserPatch::default()
            },
            UserPatch {
                unblock: true,
                ..UserPatch::default()
            },
            UserPatch {
                roles: Some(RoleChange::Replace(vec!["user".to_owned()])),
                presence_policy: Some(PresencePolicy::Connection),
                active: Some(true),
                ..UserPatch::default()
            },
        ] {
            assert_eq!(update_events(&*store, patch.clone()).await, [], "{patch:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_changed_role_appends_an_event() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let roles = |change| UserPatch {
            roles: Some(change),
            ..UserPatch::default()
        };
        let all = ["admin", "bot", "user"].map(str::to_owned).to_vec();
        let user_updated = updated("ann", "ANN", false);
        for (change, expected) in [
            (
                RoleChange::Replace(all),
                vec![
                    user_updated.clone(),
                    Change::RoleGiven(role("admin")),
                    Change::RoleGiven(role("bot")),
                ],
            ),
            (
                RoleChange::Remove("user".to_owned()),
                vec![user_updated.clone(), Change::RoleTaken(role("user"))],
            ),
            (
                RoleChange::Add("guest".to_owned()),
                vec![user_updated.clone(), Change::RoleGiven(role("guest"))],
            ),
            (
                RoleChange::Replace(vec!["admin".to_owned(), "app".to_owned()]),
                vec![
                    user_updated.clone(),
                    Change::RoleTaken(role("bot")),
                    Change::RoleTaken(role("guest")),
                    Change::RoleGiven(role("app")),
                ],
            ),
        ] {
            let patch = roles(change);
            assert_eq!(
                update_events(&*store, patch.clone()).await,
                events_by_admin(&expected),
                "{patch:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_event_of_a_status_follows_other_changes_and_carries_the_new_username() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let patch = UserPatch {
            username: Some(Username::parse("anna".to_owned()).unwrap()),
            choice: Some(Choice {
                status: Some(UserStatus::Online),
                text: None,
                expires_at: None,
            }),
            ..UserPatch::default()
        };
        let status = StatusChange {
            user: id("ann"),
            username: Username::stored("anna".to_owned()),
            status: UserStatus::Online,
            text: StatusText::default(),
            source: None,
            expires_at: None,
            set_at: None,
            baseline: Baseline::Online,
            hidden_from: HiddenFrom::none(),
        };
        let expected = events_by_admin(&[
            updated("anna", "ANN", true),
            Change::PresenceChanged(status),
        ]);
        assert_eq!(update_events(&*store, patch).await, expected);
    })
    .await;
}
