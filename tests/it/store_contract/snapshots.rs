//! Presence snapshots: a user's state and the newest event as of one moment, and presence policies.

use crate::support::store::presence::{busy, events, id, put, with_users};
use crate::support::store::{admin_at, at, create, every_store, status, user};
use doorsign::domain::{Baseline, EventId, PresencePolicy, RoleChange, UserId, UserPatch};
use doorsign::store::{PresenceQuery, PresenceSnapshot, Store};

async fn snapshot(store: &dyn Store, user: UserId) -> Option<PresenceSnapshot> {
    store.find_presence_snapshot(user).await.unwrap()
}

#[tokio::test]
async fn a_snapshot_holds_the_user_with_roles_state_and_the_newest_event() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        assert_eq!(snapshot(&*store, id("nobody")).await, None);
        let untouched = snapshot(&*store, id("ann")).await.unwrap();
        assert_eq!(untouched.as_of, EventId::new(0));
        assert_eq!(
            (untouched.roles, untouched.active),
            (user("ann").roles, true)
        );

        put(&*store, "ann", 7, busy(Some(100))).await;
        let patch = UserPatch {
            roles: Some(RoleChange::Add("bot".to_owned())),
            active: Some(false),
            ..UserPatch::default()
        };
        let changed = store.update_user(id("ann"), patch, admin_at(8)).await;
        changed.unwrap();
        create(&*store, &status(1, "of another user"))
            .await
            .unwrap();
        let found = snapshot(&*store, id("ann")).await.unwrap();
        assert_eq!(found.as_of, *store.committed().borrow());
        assert_eq!(found.roles, ["bot", "user"]);
        assert!(!found.active);
        assert_eq!(found.person.username, user("ann").username);
        let presence = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(found.person.presence, presence);
        assert_eq!(presence.claims, [busy(Some(100))]);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_read_during_changes_includes_exactly_the_events_up_to_its_position() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let changing = async {
            for n in 1..=50 {
                put(&*store, "ann", n, busy(Some(1000 + n))).await;
            }
        };
        let reading = async {
            let mut seen = 0;
            while seen < 50 {
                let snapshot = snapshot(&*store, id("ann")).await.unwrap();
                seen = i64::try_from(snapshot.as_of.as_u64()).unwrap();
                let changed_at = snapshot.person.presence.changed_at;
                assert_eq!(changed_at, (seen > 0).then(|| at(seen)));
            }
        };
        tokio::join!(changing, reading);
        assert_eq!(events(&*store).await.len(), 50);
    })
    .await;
}

#[tokio::test]
async fn a_presence_policy_is_stored_and_a_change_of_it_lists_the_user_as_changed() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        let set = async |time, policy| {
            let patch = UserPatch {
                presence_policy: Some(policy),
                ..UserPatch::default()
            };
            let changed = store.update_user(id("ann"), patch, admin_at(time)).await;
            changed.unwrap();
        };
        let since = async |time| {
            let people = store
                .list_presences(PresenceQuery::ChangedSince(at(time), Vec::new()))
                .await;
            people.unwrap().len()
        };
        set(5, PresencePolicy::Connection).await;
        assert_eq!(since(0).await, 0, "the policy did not change");
        for (time, policy) in (6..).zip([
            PresencePolicy::Always,
            PresencePolicy::Heartbeat,
            PresencePolicy::Connection,
        ]) {
            set(time, policy).await;
            let ann = store.find_presence(id("ann")).await.unwrap();
            assert_eq!((ann.policy, ann.baseline), (policy, Baseline::Offline));
            assert_eq!((since(time).await, since(time + 1).await), (1, 0));
        }
        let bob = store.find_presence(id("bob")).await.unwrap();
        assert_eq!(bob.policy, PresencePolicy::Connection);
    })
    .await;
}
