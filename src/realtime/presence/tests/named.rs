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

/// Waits for a report that `change` causes at once.
async fn woken_by(connections: &Arc<PresenceRegistry>, change: impl FnOnce()) -> Vec<Changed> {
    let waiting = tokio::spawn({
        let connections = connections.clone();
        async move { connections.changed(ALL).await }
    });
    tokio::task::yield_now().await;
    change();
    let woken = tokio::time::timeout(Duration::from_millis(1), waiting).await;
    woken.unwrap().unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_change_wakes_a_waiting_caller() {
    let connections = PresenceRegistry::new(Duration::ZERO, BEAT);
    let ann_changed = [Changed {
        user: ann(),
        times: 1,
    }];
    let beaten = woken_by(&connections, || connections.beat(&ann())).await;
    assert_eq!(beaten, ann_changed, "a heartbeat");
    let forgotten = woken_by(&connections, || connections.forget()).await;
    assert_eq!(forgotten, ann_changed, "all were forgotten");
    let lease = connections.open(ann());
    assert_eq!(connections.changed(ALL).await, ann_changed);
    let away = woken_by(&connections, || {
        lease.set(Away);
    })
    .await;
    assert_eq!(away, ann_changed, "the status of a connection");
    connections.forget();
    assert_eq!(connections.changed(ALL).await, ann_changed);
    let renewed = woken_by(&connections, || lease.renew()).await;
    assert_eq!(renewed, ann_changed, "the next frame");
    let closed = woken_by(&connections, || drop(lease)).await;
    assert_eq!(closed, ann_changed, "the end of a connection");
}

#[tokio::test(start_paused = true)]
async fn an_absence_that_was_not_swept_counts_as_a_change() {
    let connections = registry();
    let ann_changed = |times| [Changed { user: ann(), times }];
    let _silent = connections.open(ann());
    assert_eq!(connections.changed(ALL).await, ann_changed(1));
    pass(LEASE).await;
    let lease = connections.open(ann());
    assert_eq!(connections.changed(ALL).await, ann_changed(2));
    lease.end();
    connections.beat(&ann());
    changed(&connections).await;
    pass(BEAT).await;
    connections.beat(&ann());
    assert_eq!(connections.changed(ALL).await, ann_changed(2));
    pass(BEAT).await;
    assert_eq!(connections.changed_within(SECOND), [ann()]);
}
