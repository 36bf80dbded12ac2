//! Leases and their deadlines, on paused time. Change notifications are tested in `named`.

mod named;

use super::table::LEASE;
use super::*;
use PresencePolicy::{Always, Connection, Heartbeat};
use UserStatus::{Away, Offline, Online};

const GRACE: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);
/// More users than there are.
const ALL: usize = 100_000;

fn registry() -> Arc<PresenceRegistry> {
    PresenceRegistry::new(GRACE, BEAT)
}

fn ann() -> UserId {
    UserId::new("ann")
}

fn status(connections: &PresenceRegistry) -> UserStatus {
    connections.status(&ann(), Connection)
}

async fn pass(span: Duration) {
    tokio::time::advance(span).await;
}

/// The users reported as changed by now.
async fn changed(connections: &PresenceRegistry) -> Vec<UserId> {
    let changed = tokio::time::timeout(Duration::ZERO, connections.changed(ALL)).await;
    named(changed.unwrap_or_default())
}

fn named(changed: Vec<Changed>) -> Vec<UserId> {
    let mut named: Vec<_> = changed.into_iter().map(|changed| changed.user).collect();
    named.sort();
    named
}

#[tokio::test(start_paused = true)]
async fn a_user_is_online_if_any_connection_is_and_otherwise_away() {
    let connections = registry();
    assert_eq!(status(&connections), Offline);
    let (phone, laptop) = (connections.open(ann()), connections.open(ann()));
    assert_eq!(status(&connections), Online);
    phone.set(Away);
    assert_eq!(status(&connections), Online);
    laptop.set(Away);
    assert_eq!(status(&connections), Away);
    phone.set(Online);
    assert_eq!(status(&connections), Online);
    drop(phone);
    assert_eq!(status(&connections), Away, "the remaining one is away");
    let other = connections.open(UserId::new("bob"));
    assert_eq!(status(&connections), Away, "other users do not matter");
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn set_returns_whether_the_connection_changed() {
    let connections = registry();
    let (phone, laptop) = (connections.open(ann()), connections.open(ann()));
    assert!(!phone.set(Online), "the initial status");
    assert!(phone.set(Away));
    assert!(!phone.set(Away));
    assert!(laptop.set(Away), "connections are independent");
    assert!(phone.set(Online));
}

#[tokio::test(start_paused = true)]
async fn the_last_status_is_kept_for_5_to_7_and_a_half_seconds() {
    for _ in 0..64 {
        let connections = registry();
        let lease = connections.open(ann());
        lease.set(Away);
        drop(lease);
        pass(GRACE - Duration::from_millis(1)).await;
        assert_eq!(status(&connections), Away, "the last status");
        pass(GRACE / 2 + Duration::from_millis(2)).await;
        assert_eq!(status(&connections), Offline);
    }
}

#[tokio::test(start_paused = true)]
async fn users_cut_at_the_same_time_go_offline_at_different_times() {
    let connections = registry();
    let person = |n: usize| UserId::new(format!("person {n}"));
    let leases: Vec<_> = (0..200).map(|n| connections.open(person(n))).collect();
    drop(leases);
    pass(GRACE * 5 / 4).await;
    let online = (0..200).filter(|n| connections.status(&person(*n), Connection) == Online);
    let online = online.count();
    assert!((20..180).contains(&online), "{online} after half the time");
}

#[tokio::test(start_paused = true)]
async fn without_a_grace_period_users_go_offline_at_once() {
    let connections = PresenceRegistry::new(Duration::ZERO, BEAT);
    drop(connections.open(ann()));
    assert_eq!(status(&connections), Offline);
    assert_eq!(changed(&connections).await, [ann()]);
    assert_eq!(status(&connections), Offline);
}

#[tokio::test(start_paused = true)]
async fn a_return_within_the_grace_period_cancels_the_leave() {
    let connections = registry();
    drop(connections.open(ann()));
    pass(GRACE / 2).await;
    assert_eq!(status(&connections), Online);
    let back = connections.open(ann());
    pass(GRACE * 2).await;
    changed(&connections).await;
    assert_eq!(status(&connections), Online);
    drop(back);
    assert_eq!(status(&connections), Online, "its own grace period");
    pass(GRACE * 3 / 2).await;
    assert_eq!(status(&connections), Offline);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_leave_does_not_outlive_forget() {
    let connections = PresenceRegistry::new(LEASE * 10, BEAT);
    drop(connections.open(ann()));
    let _forgotten = connections.open(ann());
    pass(LEASE).await;
    assert_eq!(status(&connections), Offline);
}

#[tokio::test(start_paused = true)]
async fn the_grace_period_keeps_the_combined_status_until_a_return() {
    let connections = registry();
    let (phone, laptop) = (connections.open(ann()), connections.open(ann()));
    phone.set(Away);
    drop(laptop);
    assert_eq!(status(&connections), Away, "no grace while one is left");
    drop(phone);
    assert_eq!(status(&connections), Away);
    let _back = connections.open(ann());
    assert_eq!(status(&connections), Online);
}

#[tokio::test(start_paused = true)]
async fn a_closed_connection_gives_no_grace_to_one_that_falls_silent() {
    let connections = registry();
    let _silent = connections.open(ann());
    pass(LEASE - SECOND).await;
    drop(connections.open(ann()));
    pass(SECOND).await;
    assert_eq!(status(&connections), Offline);
}

#[tokio::test(start_paused = true)]
async fn a_logout_ends_its_own_connection_at_once() {
    let connections = registry();
    let (phone, laptop) = (connections.open(ann()), connections.open(ann()));
    phone.end();
    assert_eq!((status(&connections), connections.count()), (Online, 1));
    laptop.end();
    assert_eq!((status(&connections), connections.count()), (Offline, 0));
    assert_eq!(changed(&connections).await, [ann()]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_lease_expires_after_a_minute_and_is_renewed_by_the_next_frame() {
    let connections = registry();
    let lease = connections.open(ann());
    pass(LEASE - SECOND).await;
    lease.renew();
    pass(LEASE - SECOND).await;
    changed(&connections).await;
    assert_eq!((status(&connections), connections.count()), (Online, 1));
    pass(SECOND).await;
    assert_eq!(status(&connections), Offline, "even before it is swept");
    assert_eq!(changed(&connections).await, [ann()]);
    assert_eq!(connections.count(), 0);
    lease.renew();
    assert_eq!((status(&connections), connections.count()), (Online, 1));
    assert_eq!(changed(&connections).await, [ann()]);
    pass(LEASE).await;
    changed(&connections).await;
    assert!(lease.set(Away), "an expired lease is renewed");
    assert_eq!((status(&connections), connections.count()), (Away, 1));
}

#[tokio::test(start_paused = true)]
async fn an_expired_lease_is_ignored_while_others_stay_valid() {
    let connections = registry();
    let (old, young) = (connections.open(ann()), connections.open(ann()));
    young.set(Away);
    pass(LEASE / 2).await;
    young.renew();
    pass(LEASE / 2).await;
    assert_eq!(status(&connections), Away);
    changed(&connections).await;
    assert_eq!(connections.count(), 1);
    drop(old);
    assert_eq!((status(&connections), connections.count()), (Away, 1));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_expire_and_count_only_under_their_policy() {
    let connections = registry();
    connections.beat(&ann());
    let status = |policy| connections.status(&ann(), policy);
    assert_eq!(status(Heartbeat), Online);
    assert_eq!((status(Connection), connections.count()), (Offline, 0));
    pass(BEAT - SECOND).await;
    connections.beat(&ann());
    pass(BEAT - SECOND).await;
    changed(&connections).await;
    assert_eq!(status(Heartbeat), Online, "the second beat counts");
    pass(SECOND).await;
    assert_eq!(status(Heartbeat), Offline);
    assert_eq!(changed(&connections).await, [ann()]);
}

#[tokio::test(start_paused = true)]
async fn policies_are_independent() {
    let connections = registry();
    assert_eq!(connections.status(&ann(), Always), Online);
    let lease = connections.open(ann());
    assert_eq!(connections.status(&ann(), Heartbeat), Offline);
    lease.set(Away);
    assert_eq!(connections.status(&ann(), Always), Online);
}

#[tokio::test(start_paused = true)]
async fn forget_takes_effect_at_once_until_the_next_frame() {
    let connections = registry();
    let (lease, gone) = (
        connections.open(ann()),
        connections.open(UserId::new("bob")),
    );
    connections.beat(&UserId::new("cid"));
    changed(&connections).await;
    connections.forget();
    assert_eq!((status(&connections), connections.count()), (Offline, 0));
    assert_eq!(changed(&connections).await.len(), 3);
    drop(gone);
    assert_eq!(connections.count(), 0);
    lease.renew();
    assert_eq!((status(&connections), connections.count()), (Online, 1));
    drop(lease);
    assert_eq!(connections.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_count_is_correct_however_a_lease_ends() {
    let connections = registry();
    let (expired, forgotten) = (connections.open(ann()), connections.open(ann()));
    assert_eq!(connections.count(), 2);
    pass(LEASE).await;
    drop(expired); // Expired, but not swept yet.
    assert_eq!(connections.count(), 0);
    drop(forgotten); // Swept already.
    assert_eq!(connections.count(), 0);
    let (one, other) = (connections.open(ann()), connections.open(ann()));
    connections.forget();
    one.renew();
    drop(other);
    assert_eq!(connections.count(), 1);
    one.end();
    assert_eq!(connections.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn memory_of_a_connection_storm_is_released() {
    let connections = registry();
    let person = |n: usize| UserId::new(format!("person {n}"));
    let leases: Vec<_> = (0..10_000).map(|n| connections.open(person(n))).collect();
    assert_eq!(changed(&connections).await.len(), 10_000);
    drop(leases);
    changed(&connections).await;
    // Everything with a deadline is over by then.
    pass(LEASE * 2).await;
    assert_eq!(changed(&connections).await.len(), 10_000);
    changed(&connections).await;
    let table = connections.table();
    assert_eq!((table.leases, table.people.len()), (0, 0));
    let room = [
        table.people.capacity(),
        table.due.capacity(),
        table.changed.capacity(),
    ];
    assert!(room.iter().all(|room| *room <= 256), "{room:?}");
}

#[tokio::test(start_paused = true)]
async fn changed_users_are_remembered_for_ten_minutes() {
    let connections = PresenceRegistry::new(Duration::ZERO, Duration::from_secs(60));
    let id = |n: usize| UserId::new(format!("user {n}"));
    for n in 0..1000 {
        drop(connections.open(id(n)));
    }
    tokio::time::advance(Duration::from_secs(599)).await;
    let late = connections.open(id(1000));
    assert_eq!(
        connections.changed_within(Duration::from_secs(600)).len(),
        1001
    );
    assert_eq!(
        connections.changed_within(Duration::from_secs(1)),
        [id(1000)]
    );
    tokio::time::advance(Duration::from_secs(2)).await;
    for n in 1001..4000 {
        drop(connections.open(id(n)));
    }
    let all = connections.changed_within(Duration::MAX);
    assert!(all.len() < 3500, "{} are remembered", all.len());
    drop(late);
}
