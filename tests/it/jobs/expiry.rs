//! Expiry of claims while a server runs, by a manual clock, and with a store that fails.
//! `expiry_process` covers real processes and real time.

use crate::support::flaky::{Fault, FlakyServer};
use crate::support::log::Log;
use crate::support::presence::{many, set};
use crate::support::store::presence::{busy, put};
use crate::support::store::user;
use crate::support::{Client, ManualClock, Setup, TestServer, in_time};
use doorsign::app::Clock;
use doorsign::domain::{Change, EventId, NewEvent, Timestamp};
use doorsign::jobs::claim_expiry::Expiry;
use doorsign::store::{self, Store, Users};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const MINUTE: Duration = Duration::from_secs(60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// Waits for `count` expiry events and returns their times and usernames.
async fn expirations(store: &dyn Store, count: usize) -> Vec<(Timestamp, String)> {
    let mut committed = store.committed();
    let waiting = async {
        loop {
            committed.borrow_and_update();
            let events = store.events_after(EventId::default(), usize::MAX).await;
            let events = events
                .unwrap()
                .into_iter()
                .map(|event| event.unwrap().event);
            let ends: Vec<_> = events.filter_map(expiration).collect();
            if ends.len() >= count {
                return ends;
            }
            committed.changed().await.unwrap();
        }
    };
    in_time("the expiry of a claim", waiting).await
}

fn expiration(event: NewEvent) -> Option<(Timestamp, String)> {
    let Change::PresenceChanged(change) = event.change else {
        panic!("{event:?}")
    };
    let name = change.username.as_str().to_owned();
    change.source.is_none().then_some((event.at, name))
}

/// Sets `client` to busy for `span`. Returns when that expires.
async fn busy_for(server: &TestServer, client: &Client, span: Duration) -> Timestamp {
    let end = server.clock.now().after(span);
    let instant = jiff::Timestamp::from_millisecond(end.as_millis()).unwrap();
    let body = json!({"status": "busy", "message": "Lunch", "expiresAt": instant.to_string()});
    set(client, body).await;
    end
}

fn claims(server: &TestServer) -> i64 {
    let count = "SELECT count(*) FROM claim";
    server
        .database()
        .query_row(count, [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn each_claim_expires_at_its_own_time() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    let anns = busy_for(&server, &ann, MINUTE).await;
    let bobs = busy_for(&server, &bob, MINUTE - Duration::from_millis(1)).await;
    assert_eq!(claims(&server), 2);
    server.clock.set(bobs);
    assert_eq!(
        expirations(&*server.app.store, 1).await,
        [(bobs, "bob".to_owned())]
    );
    assert_eq!(claims(&server), 1);
    let status = ann.get("users.getStatus").await.json();
    assert_eq!(status["statusSource"], json!("manual"));
    server.clock.set(anns);
    let ends = expirations(&*server.app.store, 2).await;
    assert_eq!(ends[1], (anns, "ann".to_owned()));
    assert_eq!(claims(&server), 0);
    let changed = bob
        .get("users.presence?from=2026-01-01T00:01:00.000Z")
        .await;
    let changed = changed.json();
    assert_eq!(
        changed["users"][0]["_id"],
        json!(ann.id()),
        "the list of changes contains the expiry"
    );
}

#[tokio::test]
async fn a_clock_jump_forward_expires_due_claims_and_one_backward_expires_none() {
    // The test jumps years ahead, which would make the events old enough to be deleted.
    let setup = Setup::new().config(|config| config.event_retention_days = 0);
    let server = setup.start().await;
    let (ann, bob, cid) = (
        server.user("ann").await,
        server.user("bob").await,
        server.user("cid").await,
    );
    let start = server.clock.now();
    busy_for(&server, &ann, 2 * MINUTE).await;
    busy_for(&server, &bob, MINUTE).await;
    let cids = busy_for(&server, &cid, 2 * WEEK).await;
    server.clock.set(start.after(WEEK));
    let ends = expirations(&*server.app.store, 2).await;
    let week = start.after(WEEK);
    assert_eq!(ends, [(week, "bob".to_owned()), (week, "ann".to_owned())]);

    let back = Timestamp::from_millis(start.as_millis() - 1000 * 365 * 24 * 3600);
    server.clock.set(back);
    let anns = busy_for(&server, &ann, MINUTE).await;
    server.clock.advance(MINUTE);
    let ends = expirations(&*server.app.store, 3).await;
    assert_eq!(ends[2], (anns, "ann".to_owned()));
    assert_eq!(claims(&server), 1);
    let status = cid.get("users.getStatus").await.json();
    assert_eq!(status["statusSource"], json!("manual"));

    server.clock.set(cids.after(40 * 52 * WEEK));
    let ends = expirations(&*server.app.store, 4).await;
    assert_eq!(ends[3], (cids.after(40 * 52 * WEEK), "cid".to_owned()));
}

#[tokio::test]
async fn a_replaced_claim_does_not_expire_and_other_claims_do() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.user("ann").await, server.user("bob").await);
    busy_for(&server, &ann, WEEK).await;
    busy_for(&server, &bob, MINUTE).await;
    set(&ann, json!({"status": "away"})).await;
    server.clock.advance(2 * WEEK);
    expirations(&*server.app.store, 1).await;
    assert_eq!(claims(&server), 1, "a claim without an expiry stays");
}

/// A clock that does not notify the server when it is set, like the system clock.
struct SilentClock(Arc<ManualClock>);

impl Clock for SilentClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[tokio::test]
async fn setting_the_system_clock_is_noticed_within_30_seconds() {
    let (clock, stop) = (ManualClock::new(), CancellationToken::new());
    let store = store::open_in_memory().unwrap();
    let silent = Arc::new(SilentClock(clock.clone()));
    tokio::spawn(Expiry::new(store.clone(), silent, stop.clone()).run());
    let _stop = stop.drop_guard();
    store
        .create_user(user("ann"), String::new(), crate::support::beforehand())
        .await
        .unwrap();
    put(
        &*store,
        "ann",
        0,
        busy(Some(clock.now().after(WEEK).as_millis())),
    )
    .await;
    clock.advance(WEEK);
    let ends = tokio::time::timeout(MINUTE / 2, expirations(&*store, 1)).await;
    assert_eq!(ends.unwrap(), [(clock.now(), "ann".to_owned())]);
}

#[tokio::test]
async fn a_failed_expiry_is_logged_as_a_warning_and_retried() {
    let server = FlakyServer::start().await;
    let (clock, stop) = (ManualClock::new(), CancellationToken::new());
    let log = Log::default();
    let _logging = log.start();
    let expiry = Expiry::new(server.store.clone(), clock.clone(), stop.clone());
    let running = tokio::spawn(expiry.run());
    let faults = [
        ("ann", Fault::Unavailable),
        ("bob", Fault::Internal("disk on fire")),
    ];
    for (n, (name, fault)) in faults.into_iter().enumerate() {
        let created = server
            .store
            .create_user(user(name), String::new(), crate::support::beforehand())
            .await;
        created.unwrap();
        server.store.fail_once("expire_claims", fault);
        let due = clock.now();
        put(&*server.store, name, 0, busy(Some(due.as_millis()))).await;
        let ends = expirations(&*server.store, n + 1).await;
        assert_eq!(ends[n], (due, name.to_owned()));
        assert!(server.store.has_failed());
        let logged = log.take();
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert!(logged[0].contains("WARN"), "{logged:?}");
    }
    stop.cancel();
    in_time("the end of the loop", running).await.unwrap();
}

#[tokio::test]
async fn hundreds_of_due_claims_all_expire_with_one_event_each() {
    let server = TestServer::start().await;
    server
        .database()
        .execute_batch(&many(300, 1_767_225_600_001))
        .unwrap();
    server.clock.advance(MINUTE);
    let ends = expirations(&*server.app.store, 300).await;
    let names: std::collections::BTreeSet<_> = ends.iter().map(|(_, name)| name).collect();
    assert_eq!((ends.len(), names.len(), claims(&server)), (300, 300, 0));
}
