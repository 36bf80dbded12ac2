//! Rules of status visibility: stored in one transaction with their event and their audit record, read
//! with the presence, and part of every later presence event.

use crate::support::store::presence::{busy, events, id, put, with_users};
use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    Action, AuditQuery, Change, Error, EventId, HiddenFrom, Setting, StatusVisibility, User,
    UserId, UserPatch, VisibilityPatch, VisibilitySwitches,
};
use doorsign::store::{ChangeKind, PresenceQuery, Store};
use futures_util::future::join_all;
use std::collections::BTreeSet;

const ON: VisibilitySwitches = VisibilitySwitches::ON;

fn ids(names: &[&str]) -> BTreeSet<UserId> {
    names.iter().map(|name| id(name)).collect()
}

fn denies(names: &[&str]) -> StatusVisibility {
    StatusVisibility {
        denied: ids(names),
        ..StatusVisibility::default()
    }
}

/// Replaces all rules of the user `name`.
fn patch(new: &StatusVisibility, switches: VisibilitySwitches) -> UserPatch {
    UserPatch {
        visibility: Some(VisibilityPatch {
            disabled_by_admin: Some(new.disabled_by_admin),
            denied: Some(new.denied.clone()),
            denied_by_admin: Some(new.denied_by_admin.clone()),
        }),
        switches,
        ..UserPatch::default()
    }
}

async fn set(store: &dyn Store, name: &str, new: &StatusVisibility) {
    let set = store.update_user(id(name), patch(new, ON), admin_at(5));
    set.await.unwrap();
}

/// The first rules of a user.
fn changed(name: &str, visibility: &StatusVisibility) -> Change {
    Change::StatusVisibilityChanged {
        user: id(name),
        before: StatusVisibility::default(),
        visibility: visibility.clone(),
    }
}

async fn rules(store: &dyn Store) -> Vec<(UserId, StatusVisibility)> {
    store.list_status_visibility().await.unwrap().people
}

async fn recorded(store: &dyn Store) -> Vec<String> {
    let query = AuditQuery {
        actions: vec![Action::StatusVisibilityChanged],
        limit: 99,
        ..AuditQuery::default()
    };
    let records = store.list_audit(query).await.unwrap().items;
    records.into_iter().map(|it| it.entry.detail).collect()
}

#[tokio::test]
async fn rules_are_stored_with_one_event_and_one_record_and_read_with_the_presence() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob", "cid"]).await;
        let all = StatusVisibility {
            disabled_by_admin: true,
            denied: ids(&["bob"]),
            denied_by_admin: ids(&["bob", "cid"]),
        };
        let version = store.version(ChangeKind::StatusVisibility);
        for _ in 0..2 {
            set(&*store, "ann", &all).await;
        }
        assert!(store.version(ChangeKind::StatusVisibility) > version);
        let expected = admin_at(5).event(changed("ann", &all));
        assert_eq!(events(&*store).await, [expected], "once");
        let detail = "presence disabled, own list, list by administrators";
        assert_eq!(recorded(&*store).await, [detail]);
        let presence = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(
            (presence.visibility, presence.changed_at),
            (all.clone(), None)
        );
        let listed = store
            .list_presences(PresenceQuery::Ids(vec![id("ann")]))
            .await;
        assert_eq!(listed.unwrap()[0].presence.visibility, all);
        let snapshot = store
            .find_presence_snapshot(id("ann"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(snapshot.person.presence.visibility, all);
        let found = store.list_status_visibility().await.unwrap();
        assert_eq!(
            (found.people, found.as_of),
            (vec![(id("ann"), all)], EventId::new(1))
        );
        set(&*store, "ann", &StatusVisibility::default()).await;
        assert_eq!(rules(&*store).await, []);
    })
    .await;
}

#[tokio::test]
async fn every_list_has_the_same_presence_of_a_user() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob", "cid"]).await;
        for role in ["app", "bot"] {
            let bot = User {
                roles: vec![role.to_owned()],
                ..user(role)
            };
            let created = store.create_user(bot, String::new(), crate::support::operator());
            created.await.unwrap();
        }
        for name in ["app", "bob", "cid"] {
            put(&*store, name, 1, busy(Some(1000))).await;
        }
        set(&*store, "ann", &denies(&["bob"])).await;
        set(&*store, "bot", &denies(&["cid"])).await;
        set(&*store, "cid", &denies(&["bob", "ann"])).await;
        let users = ["ann", "app", "bob", "bot", "cid"].map(id);
        let found = join_all(users.clone().map(|user| store.find_presence(user))).await;
        let expected: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        let users = users.to_vec();
        for query in [
            PresenceQuery::Ids(users.clone()),
            PresenceQuery::All(users.clone()),
            PresenceQuery::ChangedSince(at(0), users),
        ] {
            let people = store.list_presences(query).await.unwrap();
            let listed: Vec<_> = people.into_iter().map(|person| person.presence).collect();
            assert_eq!(listed, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_presence_event_lists_those_it_was_hidden_from() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob", "cid"]).await;
        let both = StatusVisibility {
            denied_by_admin: ids(&["cid"]),
            ..denies(&["bob"])
        };
        let disabled = StatusVisibility {
            disabled_by_admin: true,
            ..StatusVisibility::default()
        };
        put(&*store, "ann", 1, busy(Some(1000))).await;
        set(&*store, "ann", &both).await;
        put(&*store, "ann", 7, busy(None)).await;
        set(&*store, "ann", &disabled).await;
        put(&*store, "ann", 8, busy(Some(2000))).await;
        let presence_events = events(&*store).await.into_iter().filter_map(|event| {
            let Change::PresenceChanged(change) = event.change else {
                return None;
            };
            Some(change.hidden_from)
        });
        let expected = [
            HiddenFrom::none(),
            HiddenFrom::Users(ids(&["bob", "cid"])),
            HiddenFrom::Everyone,
        ];
        assert_eq!(presence_events.collect::<Vec<_>>(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_its_setting_disables_changes_nothing() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        let off = VisibilitySwitches {
            applies_own: false,
            ..ON
        };
        let named = UserPatch {
            name: Some("Another".to_owned()),
            ..patch(&denies(&["bob"]), off)
        };
        let refused = store.update_user(id("ann"), named, admin_at(5)).await;
        assert!(matches!(refused, Err(Error::Disallowed(_))), "{refused:?}");
        assert_eq!(
            (rules(&*store).await, events(&*store).await),
            (vec![], vec![])
        );
        set(&*store, "ann", &denies(&["bob"])).await;
        let repeated = store.update_user(id("ann"), patch(&denies(&["bob"]), off), admin_at(6));
        repeated.await.unwrap();
        assert_eq!(events(&*store).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn deleted_users_leave_the_lists_and_take_their_rules_with_them() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob", "cid"]).await;
        set(&*store, "ann", &denies(&["bob", "cid", "nobody"])).await;
        assert_eq!(rules(&*store).await, [(id("ann"), denies(&["bob", "cid"]))]);
        set(&*store, "bob", &denies(&["ann"])).await;
        let version = store.version(ChangeKind::StatusVisibility);
        store.delete_user(id("bob"), admin_at(6)).await.unwrap();
        assert!(store.version(ChangeKind::StatusVisibility) > version);
        assert_eq!(rules(&*store).await, [(id("ann"), denies(&["cid"]))]);
        store.delete_user(id("cid"), admin_at(7)).await.unwrap();
        assert_eq!(rules(&*store).await, []);
        let names = store.list_usernames(vec![id("bob"), id("ann")]).await;
        assert_eq!(names.unwrap(), [(id("ann"), user("ann").username)]);
    })
    .await;
}

#[tokio::test]
async fn a_user_can_be_created_with_a_rule() {
    every_store(async |database| {
        let store = with_users(&database, &[]).await;
        let disabled = StatusVisibility {
            disabled_by_admin: true,
            ..StatusVisibility::default()
        };
        let created =
            store.create_hidden_user(user("ann"), String::new(), disabled.clone(), admin_at(3));
        created.await.unwrap();
        assert_eq!(rules(&*store).await, [(id("ann"), disabled.clone())]);
        let expected = admin_at(3).event(changed("ann", &disabled));
        assert_eq!(events(&*store).await, [expected]);
    })
    .await;
}

#[tokio::test]
async fn the_three_settings_raise_the_version_of_the_rules() {
    every_store(async |database| {
        let store = with_users(&database, &[]).await;
        for (setting, raises) in [
            (Setting::UserStatusEnabled, true),
            (Setting::StatusVisibilityEnabled, true),
            (Setting::StatusVisibilityAdminEnabled, true),
            (Setting::SiteName, false),
        ] {
            let version = store.version(ChangeKind::StatusVisibility);
            let set = store.set_setting(setting, setting.default(), admin_at(5).at, None);
            set.await.unwrap();
            let is_raised = store.version(ChangeKind::StatusVisibility) > version;
            assert_eq!(is_raised, raises, "{}", setting.id());
        }
    })
    .await;
}
