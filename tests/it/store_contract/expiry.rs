//! Expiry of claims: only expired claims end, the longest expired first, up to a limit at a time,
//! each with an event.

use crate::support::store::presence::{busy, change, claim, events, id, put, with_users};
use crate::support::store::{at, every_store};
use doorsign::domain::{Baseline, Change, ClaimSource, NewEvent, StatusChange, UserStatus};
use doorsign::store::Store;

async fn expire(store: &dyn Store, now: i64, limit: usize) -> usize {
    store.expire_claims(at(now), limit).await.unwrap()
}

async fn next(store: &dyn Store) -> Option<i64> {
    let next = store.next_expiry().await.unwrap();
    next.map(|next| next.as_millis())
}

/// The times and status changes of the events after the first `skip`, all of which are expiries.
async fn ended(store: &dyn Store, skip: usize) -> Vec<(i64, StatusChange)> {
    let expiry = |event: NewEvent| {
        let Change::PresenceChanged(change) = event.change else {
            panic!("{event:?}")
        };
        assert_eq!(
            event.actor, change.user,
            "the user is the actor of an expiry"
        );
        assert_eq!(event.actor_name, change.username);
        (event.at.as_millis(), change)
    };
    events(store)
        .await
        .into_iter()
        .skip(skip)
        .map(expiry)
        .collect()
}

fn usernames(ended: Vec<(i64, StatusChange)>) -> Vec<String> {
    let name = |(_, change): (i64, StatusChange)| change.username.as_str().to_owned();
    ended.into_iter().map(name).collect()
}

#[tokio::test]
async fn only_expired_claims_end_and_the_claim_below_is_shown_again() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        assert_eq!(next(&*store).await, None);
        let call = claim(ClaimSource::Internal, UserStatus::Away, "A call", Some(50));
        put(&*store, "ann", 1, call).await;
        put(&*store, "ann", 1, busy(Some(100))).await;
        put(&*store, "bob", 1, busy(None)).await;
        assert_eq!(next(&*store).await, Some(50));
        assert_eq!(expire(&*store, 49, 10).await, 0);
        assert_eq!(ended(&*store, 3).await, []);

        assert_eq!(expire(&*store, 50, 10).await, 1);
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(
            (ann.claims, ann.changed_at),
            (vec![busy(Some(100))], Some(at(50)))
        );
        assert_eq!(next(&*store).await, Some(100));

        assert_eq!(expire(&*store, 1000, 10).await, 1);
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!((ann.claims, ann.baseline), (vec![], Baseline::Offline));
        let bob = store.find_presence(id("bob")).await.unwrap();
        assert_eq!(
            (bob.claims, bob.changed_at),
            (vec![busy(None)], Some(at(1)))
        );
        assert_eq!(next(&*store).await, None);
        assert_eq!(expire(&*store, i64::MAX, 10).await, 0);

        let changes = ended(&*store, 3).await;
        let [(first, below), (second, nothing)] = changes.as_slice() else {
            panic!("{changes:?}")
        };
        assert_eq!((*first, *second), (50, 1000));
        assert_eq!(
            (below.status, below.text.as_str()),
            (UserStatus::Busy, "Lunch")
        );
        assert_eq!(
            (below.source, below.expires_at),
            (Some(ClaimSource::Manual), Some(at(100)))
        );
        assert_eq!(
            (nothing.status, nothing.text.as_str()),
            (UserStatus::Online, "")
        );
        assert_eq!((nothing.source, nothing.expires_at), (None, None));
    })
    .await;
}

#[tokio::test]
async fn the_longest_expired_claims_end_first_and_at_most_the_limit_at_once() {
    every_store(async |database| {
        let names = ["ann", "bob", "cid", "dan"];
        let store = with_users(&database, &names).await;
        for (name, end) in names.into_iter().zip([40, 10, 30, 20]) {
            put(&*store, name, 1, busy(Some(end))).await;
        }
        assert_eq!(expire(&*store, 99, 0).await, 0);
        for (ends, so_far) in [
            (1, ["bob"].as_slice()),
            (2, &["bob", "dan", "cid"]),
            (1, &["bob", "dan", "cid", "ann"]),
            (0, &["bob", "dan", "cid", "ann"]),
        ] {
            assert_eq!(
                expire(&*store, 99, if ends == 1 { 1 } else { 2 }).await,
                ends
            );
            assert_eq!(usernames(ended(&*store, 4).await), so_far);
        }
    })
    .await;
}

#[tokio::test]
async fn claims_that_expire_together_append_one_event_per_user_despite_a_small_limit() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        for source in ClaimSource::ALL {
            put(
                &*store,
                "ann",
                1,
                claim(source, UserStatus::Busy, "", Some(10)),
            )
            .await;
        }
        put(&*store, "bob", 1, busy(Some(11))).await;
        while expire(&*store, 20, 2).await > 0 {}
        assert_eq!(usernames(ended(&*store, 4).await), ["ann", "bob"]);
        assert_eq!(next(&*store).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_renewed_claim_outlives_its_old_expiry() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        put(&*store, "ann", 1, busy(Some(10))).await;
        put(&*store, "bob", 1, busy(Some(10))).await;
        assert_eq!(next(&*store).await, Some(10));
        put(&*store, "ann", 9, busy(Some(20))).await;
        put(&*store, "bob", 9, busy(None)).await;
        assert_eq!(expire(&*store, 10, 10).await, 0);
        assert_eq!(next(&*store).await, Some(20));
        assert_eq!(ended(&*store, 4).await, []);
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(ann.claims, [busy(Some(20))]);
    })
    .await;
}

#[tokio::test]
async fn a_change_removes_expired_claims_for_good_even_if_the_clock_is_set_back() {
    every_store(async |database| {
        let store = with_users(&database, &["ann"]).await;
        put(&*store, "ann", 1, busy(Some(10))).await;
        let call = claim(ClaimSource::Internal, UserStatus::Away, "A call", Some(30));
        let after = put(&*store, "ann", 20, call.clone()).await;
        assert_eq!(after.claims, std::slice::from_ref(&call));
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(
            ann.claims,
            [call],
            "a reader with an earlier clock does not see it again"
        );
        let nothing = change("ann", 30, |_| Ok(()));
        store.change_presence(nothing).await.unwrap();
        let events = events(&*store).await;
        assert_eq!(
            (events.len(), events[2].at),
            (3, at(30)),
            "an expiry alone appends an event too"
        );
    })
    .await;
}

#[tokio::test]
async fn claims_survive_a_restart_and_may_expire_at_the_limits_of_the_time_type() {
    every_store(async |database| {
        let store = with_users(&database, &["ann", "bob"]).await;
        put(&*store, "ann", 1, busy(Some(i64::MAX))).await;
        put(&*store, "bob", i64::MIN, busy(Some(i64::MIN + 1))).await;
        drop(store);
        let store = database.open();
        assert_eq!(next(&*store).await, Some(i64::MIN + 1));
        assert_eq!(expire(&*store, 0, 10).await, 1);
        assert_eq!(next(&*store).await, Some(i64::MAX));
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(ann.claims, [busy(Some(i64::MAX))]);
    })
    .await;
}
