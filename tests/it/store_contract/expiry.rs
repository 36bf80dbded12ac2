//! The end of claims: only of what has expired, the longest expired first, a few at a time, each told of.

use crate::support::store::presence::{busy, change, claim, events, id, put, with_users};
use crate::support::store::{at, every_store};
use doorsign::domain::{Change, ClaimSource, NewEvent, Rest, StatusChange, UserStatus};
use doorsign::store::Store;

async fn expire(store: &dyn Store, now: i64, limit: usize) -> usize {
    store.expire_claims(at(now), limit).await.unwrap()
}

async fn next(store: &dyn Store) -> Option<i64> {
    let next = store.next_expiry().await.unwrap();
    next.map(|next| next.as_millis())
}

/// The events after the first `skip`, which are all of claims that ended: at which time, and what of whom.
async fn ended(store: &dyn Store, skip: usize) -> Vec<(i64, StatusChange)> {
    let told = |event: NewEvent| {
        let Change::PresenceChanged(change) = event.change else {
            panic!("{event:?}")
        };
        assert_eq!(event.actor, change.user, "nobody ends it but time");
        assert_eq!(event.actor_name, change.username);
        (event.at.as_millis(), change)
    };
    events(store)
        .await
        .into_iter()
        .skip(skip)
        .map(told)
        .collect()
}

fn whose(ended: Vec<(i64, StatusChange)>) -> Vec<String> {
    let name = |(_, change): (i64, StatusChange)| change.username.as_str().to_owned();
    ended.into_iter().map(name).collect()
}

#[tokio::test]
async fn only_what_has_expired_ends_and_what_was_beneath_comes_back() {
    every_store(async |place| {
        let store = with_users(&place, &["ann", "bob"]).await;
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
        assert_eq!((ann.claims, ann.rest), (vec![], Rest::Offline));
        let bob = store.find_presence(id("bob")).await.unwrap();
        assert_eq!(
            (bob.claims, bob.changed_at),
            (vec![busy(None)], Some(at(1)))
        );
        assert_eq!(next(&*store).await, None);
        assert_eq!(expire(&*store, i64::MAX, 10).await, 0);

        let told = ended(&*store, 3).await;
        let [(first, beneath), (second, nothing)] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!((*first, *second), (50, 1000));
        assert_eq!(
            (beneath.status, beneath.text.as_str()),
            (UserStatus::Busy, "Lunch")
        );
        assert_eq!(
            (beneath.source, beneath.expires_at),
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
async fn the_longest_expired_end_first_and_no_more_at_once_than_asked_for() {
    every_store(async |place| {
        let names = ["ann", "bob", "cid", "dan"];
        let store = with_users(&place, &names).await;
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
            assert_eq!(whose(ended(&*store, 4).await), so_far);
        }
    })
    .await;
}

#[tokio::test]
async fn what_expired_together_is_told_once_a_person_however_the_claims_are_counted() {
    every_store(async |place| {
        let store = with_users(&place, &["ann", "bob"]).await;
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
        assert_eq!(whose(ended(&*store, 4).await), ["ann", "bob"]);
        assert_eq!(next(&*store).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_was_renewed_meanwhile_survives_and_the_old_end_is_forgotten() {
    every_store(async |place| {
        let store = with_users(&place, &["ann", "bob"]).await;
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
async fn what_expired_before_a_change_ends_with_it_and_stays_ended_when_the_clock_is_set_back() {
    every_store(async |place| {
        let store = with_users(&place, &["ann"]).await;
        put(&*store, "ann", 1, busy(Some(10))).await;
        let call = claim(ClaimSource::Internal, UserStatus::Away, "A call", Some(30));
        let after = put(&*store, "ann", 20, call.clone()).await;
        assert_eq!(after.claims, std::slice::from_ref(&call));
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(
            ann.claims,
            [call],
            "whoever looks before 10 was told that it ended"
        );
        let nothing = change("ann", 30, |_| Ok(()));
        store.change_presence(nothing).await.unwrap();
        let told = events(&*store).await;
        assert_eq!(
            (told.len(), told[2].at),
            (3, at(30)),
            "the end alone is told too"
        );
    })
    .await;
}

#[tokio::test]
async fn claims_outlive_a_restart_and_ends_may_lie_at_either_end_of_time() {
    every_store(async |place| {
        let store = with_users(&place, &["ann", "bob"]).await;
        put(&*store, "ann", 1, busy(Some(i64::MAX))).await;
        put(&*store, "bob", i64::MIN, busy(Some(i64::MIN + 1))).await;
        drop(store);
        let store = place.open();
        assert_eq!(next(&*store).await, Some(i64::MIN + 1));
        assert_eq!(expire(&*store, 0, 10).await, 1);
        assert_eq!(next(&*store).await, Some(i64::MAX));
        let ann = store.find_presence(id("ann")).await.unwrap();
        assert_eq!(ann.claims, [busy(Some(i64::MAX))]);
    })
    .await;
}
