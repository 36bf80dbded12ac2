//! Presence: changes that are atomic with their event, and the users on the lists. Expiry of claims
//! is in `expiry`.

use crate::support::store::presence::{busy, change, claim, events, id, put, with_users};
use crate::support::store::{admin_at, at, every_store, user};
use doorsign::domain::{
    Baseline, Change, Claim, ClaimSource, Error, HiddenFrom, Presence, PresenceKind,
    PresencePolicy, StatusChange, StatusText, StatusVisibility, Timestamp, UserPatch, UserStatus,
    What,
};
use doorsign::store::{ClaimEffect, PresenceChange, PresenceQuery, Store};

async fn listed(store: &dyn Store, query: PresenceQuery) -> Vec<String> {
    let people = store.list_presences(query).await.unwrap();
    let name = |person: doorsign::domain::UserWithPresence| person.username.as_str().to_owned();
    people.into_iter().map(name).collect()
}

#[tokio::test]
async fn a_user_without_claims_has_a_presence_and_an_unknown_user_has_none() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let bot = doorsign::domain::User {
            roles: vec!["bot".to_owned()],
            ..user("bot")
        };
        store
            .create_user(bot, String::new(), crate::support::beforehand())
            .await
            .unwrap();
        for (name, kind) in [("ann", PresenceKind::Person), ("bot", PresenceKind::Bot)] {
            let found = store.find_presence(id(name)).await.unwrap();
            assert_eq!(found, Presence::untouched(kind));
        }
        let missing =
            |error: Error| matches!(error, Error::NotFound(What::User(id)) if id == "nobody's id");
        let found = store.find_presence(id("nobody")).await;
        assert!(missing(found.unwrap_err()));
        let changed = store.change_presence(change("nobody", 1, |_| Ok(()))).await;
        assert!(missing(changed.unwrap_err()));
        assert_eq!(events(&*store).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_change_stores_claims_and_baseline_and_publishes_the_visible_status() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        let call = claim(ClaimSource::Internal, UserStatus::Away, "A call", None);
        let clear = |presence: &mut Presence| {
            presence.claims.clear();
            presence.baseline = Baseline::Online;
            Ok(())
        };
        put(&*store, "ann", 7, busy(Some(100))).await;
        let answered = put(&*store, "ann", 8, call.clone()).await;
        let expected = Presence {
            kind: PresenceKind::Person,
            policy: PresencePolicy::Connection,
            claims: vec![call, busy(Some(100))],
            baseline: Baseline::Offline,
            changed_at: Some(at(8)),
            visibility: StatusVisibility::default(),
        };
        assert_eq!(answered, expected);
        assert_eq!(store.find_presence(id("ann")).await.unwrap(), expected);
        store
            .change_presence(change("ann", 9, clear))
            .await
            .unwrap();
        let cleared = Presence {
            baseline: Baseline::Online,
            changed_at: Some(at(9)),
            ..Presence::untouched(PresenceKind::Person)
        };
        assert_eq!(store.find_presence(id("ann")).await.unwrap(), cleared);
        let bob = store.find_presence(id("bob")).await.unwrap();
        assert_eq!(bob, Presence::untouched(PresenceKind::Person));

        let event = |now, status, text, source, (end, baseline): (Option<i64>, Baseline)| {
            let change = StatusChange {
                user: id("ann"),
                username: user("ann").username,
                status,
                text: StatusText::new(text),
                source,
                expires_at: end.map(at),
                set_at: None,
                baseline,
                hidden_from: HiddenFrom::none(),
            };
            admin_at(now).event(Change::PresenceChanged(change))
        };
        let expected = [
            event(
                7,
                UserStatus::Busy,
                "Lunch",
                Some(ClaimSource::Manual),
                (Some(100), Baseline::Offline),
            ),
            event(
                8,
                UserStatus::Away,
                "A call",
                Some(ClaimSource::Internal),
                (None, Baseline::Offline),
            ),
            event(9, UserStatus::Online, "", None, (None, Baseline::Online)),
        ];
        assert_eq!(events(&*store).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_refused_change_has_no_effect_and_an_equal_one_appends_no_event() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let before = put(&*store, "ann", 1, busy(Some(100))).await;
        let mut committed = store.committed();
        committed.borrow_and_update();
        let refuse = |presence: &mut Presence| {
            presence.claims.clear();
            presence.baseline = Baseline::Online;
            Err(Error::UNAVAILABLE)
        };
        let refused = store.change_presence(change("ann", 2, refuse)).await;
        assert!(
            matches!(refused, Err(Error::Unavailable { .. })),
            "{refused:?}"
        );
        assert_eq!(put(&*store, "ann", 3, busy(Some(100))).await, before);
        assert_eq!(store.find_presence(id("ann")).await.unwrap(), before);
        assert_eq!(events(&*store).await.len(), 1);
        assert!(!committed.has_changed().unwrap());
    })
    .await;
}

#[tokio::test]
async fn presence_lists_select_active_users_by_id_claims_connection_or_last_change() {
    every_store(async |database| {
        let store = with_users(&database, &["dan", "ann", "cid", "bob", "eve"]).await;
        for (name, now) in [("bob", 10), ("dan", 20), ("ann", 30), ("eve", 40)] {
            put(&*store, name, now, busy(None)).await;
        }
        let call = claim(ClaimSource::Internal, UserStatus::Away, "", None);
        put(&*store, "dan", 20, call.clone()).await;
        let away = UserPatch {
            active: Some(false),
            ..UserPatch::default()
        };
        store
            .update_user(id("eve"), away, admin_at(50))
            .await
            .unwrap();
        let named = ["eve", "nobody", "dan", "cid", "dan"].map(id).to_vec();
        let connected = ["eve", "cid", "dan", "nobody"].map(id).to_vec();
        for (query, names) in [
            (PresenceQuery::Ids(named), ["cid", "dan"].as_slice()),
            (PresenceQuery::Ids(Vec::new()), &[]),
            (PresenceQuery::All(Vec::new()), &["ann", "bob", "dan"]),
            (
                PresenceQuery::All(connected.clone()),
                &["ann", "bob", "cid", "dan"],
            ),
            (
                PresenceQuery::ChangedSince(at(10), Vec::new()),
                &["ann", "bob", "dan"],
            ),
            (
                PresenceQuery::ChangedSince(at(11), Vec::new()),
                &["ann", "dan"],
            ),
            (PresenceQuery::ChangedSince(at(31), Vec::new()), &[]),
            (
                PresenceQuery::ChangedSince(at(31), connected),
                &["cid", "dan"],
            ),
        ] {
            assert_eq!(listed(&*store, query.clone()).await, names, "{query:?}");
        }
        let always = UserPatch {
            presence_policy: Some(PresencePolicy::Always),
            ..UserPatch::default()
        };
        store
            .update_user(id("cid"), always, admin_at(60))
            .await
            .unwrap();
        let all = PresenceQuery::All(Vec::new());
        let names = ["ann", "bob", "cid", "dan"];
        assert_eq!(listed(&*store, all).await, names);
        let dan = store
            .list_presences(PresenceQuery::Ids(vec![id("dan")]))
            .await;
        let dan = dan.unwrap().remove(0);
        assert_eq!(dan.name, "DAN");
        assert_eq!(
            dan.presence.claims,
            [call, busy(None)],
            "the strongest claim first"
        );
        assert_eq!(dan.presence, store.find_presence(id("dan")).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn only_changes_that_may_set_an_expiry_signal_a_new_deadline() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let mut deadlines = store.deadlines();
        deadlines.borrow_and_update();
        let silent = PresenceChange {
            effect: ClaimEffect::Sets,
            ..change("ann", 1, |presence| {
                presence.put(busy(None));
                Ok(())
            })
        };
        store.change_presence(silent).await.unwrap();
        assert!(!deadlines.has_changed().unwrap());
        put(&*store, "ann", 3, busy(Some(9))).await;
        assert!(deadlines.has_changed().unwrap());
    })
    .await;
}

#[tokio::test]
async fn concurrent_changes_of_one_presence_each_see_the_result_of_the_previous_one() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        let add = |presence: &mut Presence| {
            let text = presence.claims.first().map_or(0, |c| c.text.as_str().len()) + 1;
            presence.put(Claim {
                text: StatusText::new(&"x".repeat(text)),
                ..busy(None)
            });
            Ok(())
        };
        let changes = (0..50).map(|now| store.change_presence(change("ann", now, add)));
        for changed in futures_util::future::join_all(changes).await {
            changed.unwrap();
        }
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(ann.text(Timestamp::from_millis(0)).len(), 50);
        assert_eq!(events(&*store).await.len(), 50);
    })
    .await;
}
