use super::*;
use std::future::pending;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A connection that never completes.
async fn open(slots: &Arc<Slots>, address: &str) -> Option<(Arc<Client>, JoinHandle<()>)> {
    let mut slot = slots.register(address.parse().unwrap())?;
    slot.wait_for_room().await;
    let client = slot.client().clone();
    let task = tokio::spawn(async move {
        let _slot = slot;
        pending().await
    });
    client.runs_in(task.abort_handle());
    tokio::time::advance(Duration::from_millis(1)).await;
    Some((client, task))
}

async fn has_ended(task: JoinHandle<()>) -> bool {
    tokio::task::yield_now().await;
    task.is_finished()
}

#[tokio::test(start_paused = true)]
async fn connections_per_network_are_limited_except_for_exempt_networks() {
    let exempt = vec!["10.0.0.0/8".parse().unwrap()];
    let slots = Slots::new(100, Some(2), exempt);
    let mut kept = Vec::new();
    for (address, is_open) in [
        ("192.0.2.1", true),
        ("::ffff:192.0.2.1", true),
        ("192.0.2.1", false),
        ("192.0.2.2", true),
        ("2001:db8::1", true),
        ("2001:db8::2", true),
        ("2001:db8::3", false),
        ("2001:db8:0:1::", true),
        ("10.0.0.1", true),
        ("10.0.0.1", true),
        ("::ffff:10.0.0.1", true),
    ] {
        let opened = open(&slots, address).await;
        assert_eq!(opened.is_some(), is_open, "{address}");
        kept.extend(opened);
    }
    let (_, first) = kept.swap_remove(0);
    first.abort();
    assert!(has_ended(first).await);
    assert!(open(&slots, "192.0.2.1").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_evicts_the_longest_idle_client_without_a_login() {
    let slots = Slots::new(3, None, Vec::new());
    let (with_login, first) = open(&slots, "192.0.2.1").await.unwrap();
    with_login.logged_in();
    let (asks_again, second) = open(&slots, "192.0.2.1").await.unwrap();
    let (_, third) = open(&slots, "192.0.2.1").await.unwrap();
    asks_again.timer().suspend();
    asks_again.timer().restart();
    let (_, fourth) = open(&slots, "192.0.2.2").await.unwrap();
    assert!(has_ended(third).await);
    for kept in [first, second, fourth] {
        assert!(!has_ended(kept).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_from_one_address_evicts_no_other_address() {
    let slots = Slots::new(5, None, Vec::new());
    let (_, alone) = open(&slots, "192.0.2.1").await.unwrap();
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.extend(open(&slots, "192.0.2.2").await);
    }
    assert!(!has_ended(alone).await);
    let open = crowd.iter().filter(|(_, task)| !task.is_finished());
    assert_eq!(open.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_login_is_protected_for_five_seconds() {
    let slots = Slots::new(1, None, Vec::new());
    let (busy, task) = open(&slots, "192.0.2.1").await.unwrap();
    busy.timer().suspend();
    let began = Instant::now();
    open(&slots, "192.0.2.2").await.unwrap();
    assert!(has_ended(task).await);
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn clients_with_a_login_are_not_evicted() {
    let slots = Slots::new(1, None, Vec::new());
    let (client, task) = open(&slots, "192.0.2.1").await.unwrap();
    client.logged_in();
    let newcomer = open(&slots, "192.0.2.2");
    assert!(timeout(Duration::from_secs(600), newcomer).await.is_err());
    assert!(!has_ended(task).await);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_over_an_evicted_connection_is_aborted() {
    let slots = Slots::new(1, None, Vec::new());
    let (client, _task) = open(&slots, "192.0.2.1").await.unwrap();
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(slots.evict());
    let live = tokio::spawn(pending());
    client.runs_in(live.abort_handle());
    assert!(has_ended(live).await);
}

#[tokio::test(start_paused = true)]
async fn http_without_a_login_is_bounded_in_bytes_and_evicts_the_longest_idle() {
    let slots = Slots::new(100_000, None, Vec::new());
    let most = HTTP_BUDGET / HTTP_BYTES;
    let mut all = Vec::new();
    for _ in 0..most {
        let mut slot = slots.register("192.0.2.1".parse().unwrap()).unwrap();
        slot.wait_for_room().await;
        assert!(slot.reserve_http().await);
        all.push(slot);
    }
    assert_eq!(slots.http.free(), 0);
    let newcomer = slots.register("192.0.2.1".parse().unwrap()).unwrap();
    assert!(
        !newcomer.reserve_http().await,
        "no client releases bytes in time"
    );
    all[7].client().logged_in();
    assert!(newcomer.reserve_http().await, "a login releases them");
    drop(all);
    drop(newcomer);
    assert_eq!(slots.http.free(), HTTP_BUDGET);
    let open = slots.open();
    assert!(open.clients.is_empty() && open.networks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn bytes_for_http_are_taken_from_the_longest_idle_client_that_holds_some() {
    let slots = Slots::new(100_000, None, Vec::new());
    let (_, holds_none) = open(&slots, "192.0.2.1").await.unwrap();
    let mut holders = Vec::new();
    for _ in 0..HTTP_BUDGET / HTTP_BYTES {
        let slot = slots.register("192.0.2.1".parse().unwrap()).unwrap();
        assert!(slot.reserve_http().await);
        let client = slot.client().clone();
        holders.push(tokio::spawn(async move {
            let _slot = slot;
            pending().await
        }));
        client.runs_in(holders[holders.len() - 1].abort_handle());
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    let newcomer = slots.register("192.0.2.1".parse().unwrap()).unwrap();
    assert!(newcomer.reserve_http().await);
    assert!(has_ended(holders.swap_remove(0)).await);
    assert!(!has_ended(holds_none).await);
}

#[tokio::test(start_paused = true)]
async fn each_leaving_crowd_is_reported_but_not_a_few_connections() {
    let slots = Slots::new(10_000, None, Vec::new());
    let address = "192.0.2.1".parse().unwrap();
    let has_left = async || {
        let left = slots.crowd_left();
        timeout(Duration::from_secs(1), left).await.is_ok()
    };
    for (crowd, staying, expected) in [
        (BURST_CONNECTIONS - 1, 0, false),
        (BURST_CONNECTIONS, BURST_CONNECTIONS / 4, false),
        (BURST_CONNECTIONS, BURST_CONNECTIONS / 4 - 1, true),
        (9_500, 0, true),
        (BURST_CONNECTIONS, 0, true),
    ] {
        let mut all: Vec<_> = (0..crowd).map(|_| slots.register(address)).collect();
        all.truncate(staying);
        assert_eq!(has_left().await, expected, "{crowd} {staying}");
        drop(all);
        has_left().await;
        slots.open().most = 0;
    }
}
