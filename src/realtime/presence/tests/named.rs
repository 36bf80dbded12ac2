//! Change notifications: which users are reported, when, and how often.

use super::*;

#[tokio::test(start_paused = true)]
async fn changed_users_are_reported_once_and_in_batches() {
    let connections = registry();
    let lease = connections.open(ann());
    lease.set(Away);
    lease.set(Online);
    connections.beat(&ann());
    let others: Vec<_> = ["bob", "cid", "dan"].map(UserId::new).into();
    let leases: Vec<_> = others
        .iter()
        .cloned()
        .map(|u| connections.open(u))
        .collect();
    let mut all = connections.changed(3).await;
    assert_eq!(all.len(), 3);
    all.extend(connections.changed(3).await);
    assert_eq!(named(all), [vec![ann()], others].concat());
    assert_eq!(changed(&connections).await, []);
    lease.renew();
    lease.set(Online);
    drop(connections.open(ann()));
    pass(LEASE / 2).await;
    leases.iter().chain([&lease]).for_each(Lease::renew);
    pass(LEASE / 2).await;
    assert_eq!(changed(&connections).await, [], "nothing changed");
}

#[tokio::test(start_paused = true)]
async fn a_user_who_changed_back_is_reported_with_both_changes() {
    let connections = registry();
    let lease = connections.open(ann());
    changed(&connections).await;
    let ann_changed = |times| [Changed { user: ann(), times }];
    lease.set(Away);
    assert_eq!(connections.changed(ALL).await, ann_changed(1));
    lease.set(Online);
    lease.set(Away);
    assert_eq!(connections.changed(ALL).await, ann_changed(2));
    pass(LEASE).await;
    // Offline before the sweep, which a reader may have seen.
    lease.renew();
    assert_eq!(connections.changed(ALL).await, ann_changed(2));
    // A reader need not be notified.
    assert_eq!(
        connections.status_and_changes(&ann(), Connection),
        (Online, 0)
    );
    lease.set(Away);
    assert_eq!(
        connections.status_and_changes(&ann(), Connection),
        (Away, 1)
    );
    assert_eq!(changed(&connections).await, []);
    pass(LEASE).await;
    assert_eq!(
        connections.status_and_changes(&ann(), Connection),
        (Offline, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_waiting_caller_sees_changes_and_deadlines() {
    let connections = registry();
    let waiting = tokio::spawn({
        let connections = connections.clone();
        async move { connections.changed(ALL).await }
    });
    tokio::task::yield_now().await;
    let lease = connections.open(ann());
    let ann_changed = |times| [Changed { user: ann(), times }];
    assert_eq!(waiting.await.unwrap(), ann_changed(1));
    drop(lease);
    let left = Instant::now();
    assert_eq!(connections.changed(ALL).await, ann_changed(1));
    let took = left.elapsed();
    assert!((GRACE..=GRACE * 3 / 2 + SECOND).contains(&took), "{took:?}");
    assert_eq!(status(&connections), Offline);
}

#[tokio::test(start_paused = true)]
async fn users_are_reported_in_the_order_of_their_first_change() {
    let connections = registry();
    let people: Vec<_> = (0..300).map(|n| UserId::new(format!("{n}"))).collect();
    let open = |user: &UserId| connections.open(user.clone());
    let leases: Vec<_> = people.iter().map(open).collect();
    for batch in people.chunks(60) {
        // Further changes of these users do not move them ahead.
        for lease in &leases {
            lease.set(Away);
            lease.set(Online);
        }
        let changed = connections.changed(60).await;
        let users: Vec<_> = changed.into_iter().map(|changed| changed.user).collect();
        assert_eq!(users, batch);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_was_looked_at_is_queued_again_by_the_next_change() {
    let connections = registry();
    let (ann, bob) = (
        connections.open(ann()),
        connections.open(UserId::new("bob")),
    );
    assert_eq!(
        connections.status_and_changes(&self::ann(), Connection),
        (Online, 1)
    );
    ann.set(Away);
    let order = [UserId::new("bob"), self::ann()];
    for user in order {
        assert_eq!(connections.changed(1).await[0].user, user);
    }
    drop(bob);
}
