//! Who is named as changed, when, and how often.

use super::*;

#[tokio::test(start_paused = true)]
async fn everybody_who_changed_is_named_once_and_a_few_at_a_time() {
    let connections = nobody();
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
    assert_eq!(changed(&connections).await, [], "nothing is otherwise");
}

#[tokio::test(start_paused = true)]
async fn who_is_what_they_were_after_something_else_is_said_to_have_changed_again() {
    let connections = nobody();
    let lease = connections.open(ann());
    changed(&connections).await;
    let ann_changed = |times| [Changed { user: ann(), times }];
    lease.set(Away);
    assert_eq!(connections.changed(ALL).await, ann_changed(1));
    lease.set(Online);
    lease.set(Away);
    assert_eq!(connections.changed(ALL).await, ann_changed(2));
    pass(LEASE).await;
    // Offline before anybody has swept, which may have been seen.
    lease.renew();
    assert_eq!(connections.changed(ALL).await, ann_changed(2));
    // Whoever looks need not be told.
    assert_eq!(connections.look(&ann(), Connection), (Online, 0));
    lease.set(Away);
    assert_eq!(connections.look(&ann(), Connection), (Away, 1));
    assert_eq!(changed(&connections).await, []);
    pass(LEASE).await;
    assert_eq!(connections.look(&ann(), Connection), (Offline, 1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_changes_is_told_of_them_and_of_deadlines_without_being_asked() {
    let connections = nobody();
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
async fn those_who_wait_longest_are_named_first_however_many_change_meanwhile() {
    let connections = nobody();
    let people: Vec<_> = (0..300).map(|n| UserId::new(format!("{n}"))).collect();
    let open = |user: &UserId| connections.open(user.clone());
    let leases: Vec<_> = people.iter().map(open).collect();
    for batch in people.chunks(60) {
        // Others change again and again, and do not push ahead.
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
async fn who_was_looked_at_queues_up_again_with_their_next_change() {
    let connections = nobody();
    let (ann, bob) = (
        connections.open(ann()),
        connections.open(UserId::new("bob")),
    );
    assert_eq!(connections.look(&self::ann(), Connection), (Online, 1));
    ann.set(Away);
    let order = [UserId::new("bob"), self::ann()];
    for user in order {
        assert_eq!(connections.changed(1).await[0].user, user);
    }
    drop(bob);
}
