//! Deletion of old events: which are deleted, and which are kept for a hook.

use crate::support::store::hooks::{advance, deliveries, happen, parked};
use crate::support::store::{at, every_store};
use doorsign::domain::{EventId, HookKind};
use doorsign::store::{Store, position};

/// The positions of all remaining events.
async fn left(store: &dyn Store) -> Vec<u64> {
    let events = store.events_after(EventId::new(0), usize::MAX).await;
    let events = events.unwrap();
    events
        .iter()
        .map(|event| position(event).as_u64())
        .collect()
}

async fn sweep(store: &dyn Store, before: i64, limit: usize) -> bool {
    store.sweep_events(at(before), limit).await.unwrap()
}

#[tokio::test]
async fn old_events_are_deleted_from_the_front_and_the_newest_is_kept() {
    every_store(async |database| {
        let store = database.open();
        assert!(!sweep(&*store, 1000, 9).await, "there are none");
        happen(&*store, &[10, 20, 30, 25, 40]).await;
        assert!(!sweep(&*store, 10, 9).await);
        assert_eq!(left(&*store).await, [1, 2, 3, 4, 5]);
        assert!(!sweep(&*store, 11, 9).await);
        assert_eq!(left(&*store).await, [2, 3, 4, 5]);
        // The fourth event is old enough, but follows one that is not.
        sweep(&*store, 30, 9).await;
        assert_eq!(left(&*store).await, [3, 4, 5]);
        sweep(&*store, 1000, 9).await;
        assert_eq!(left(&*store).await, [5]);
        happen(&*store, &[50]).await;
        assert_eq!(left(&*store).await, [5, 6], "no position is reused");
    })
    .await;
}

#[tokio::test]
async fn a_sweep_deletes_up_to_its_limit_and_reports_whether_more_is_left() {
    every_store(async |database| {
        let store = database.open();
        happen(&*store, &[10, 20, 30, 40, 50, 60]).await;
        assert!(sweep(&*store, 60, 2).await);
        assert_eq!(left(&*store).await, [3, 4, 5, 6]);
        assert!(sweep(&*store, 60, 2).await);
        assert_eq!(left(&*store).await, [5, 6]);
        assert!(!sweep(&*store, 60, 2).await);
        assert_eq!(left(&*store).await, [6]);
    })
    .await;
}

#[tokio::test]
async fn events_pending_for_a_running_hook_are_kept() {
    every_store(async |database| {
        let store = database.open();
        for hook in ["slow", "quick"] {
            store.register(hook, HookKind::BuiltIn).await.unwrap();
        }
        happen(&*store, &[10, 20, 30, 40, 50]).await;
        sweep(&*store, 1000, 9).await;
        assert_eq!(left(&*store).await, [1, 2, 3, 4, 5]);
        advance(&*store, "slow", 2, vec![]).await;
        advance(&*store, "quick", 5, vec![]).await;
        assert!(!sweep(&*store, 1000, 9).await);
        assert_eq!(left(&*store).await, [3, 4, 5]);
        // Events of a replay are kept too.
        store
            .replay("quick", at(30), at(40), crate::support::operator())
            .await
            .unwrap();
        advance(&*store, "slow", 5, vec![]).await;
        sweep(&*store, 1000, 9).await;
        assert_eq!(left(&*store).await, [3, 4, 5]);
        advance(&*store, "quick", 3, vec![]).await;
        sweep(&*store, 1000, 9).await;
        assert_eq!(left(&*store).await, [5]);
    })
    .await;
}

#[tokio::test]
async fn a_hook_that_is_off_or_missing_keeps_no_events() {
    every_store(async |database| {
        let store = database.open();
        for hook in ["off", "missing"] {
            store.register(hook, HookKind::Exec).await.unwrap();
        }
        happen(&*store, &[10, 20, 30]).await;
        let off = Some("paused".to_owned());
        store
            .switch_hook("off", off, crate::support::operator())
            .await
            .unwrap();
        sweep(&*store, 1000, 9).await;
        assert_eq!(left(&*store).await, [1, 2, 3], "kept for the other hook");
        let gone = "it no longer exists".to_owned();
        let missing = store.set_missing("missing", HookKind::Exec, gone);
        missing.await.unwrap();
        sweep(&*store, 1000, 9).await;
        assert_eq!(left(&*store).await, [3]);
    })
    .await;
}

#[tokio::test]
async fn delivery_records_are_deleted_with_their_event() {
    every_store(async |database| {
        let store = database.open();
        for hook in ["one", "other"] {
            store.register(hook, HookKind::BuiltIn).await.unwrap();
        }
        happen(&*store, &[10, 20, 30, 40]).await;
        advance(&*store, "one", 4, vec![parked(1), parked(3)]).await;
        advance(&*store, "other", 4, vec![parked(2), parked(4)]).await;
        sweep(&*store, 30, 9).await;
        assert_eq!(left(&*store).await, [3, 4]);
        assert_eq!(deliveries(&*store, "one").await, [parked(3)]);
        assert_eq!(deliveries(&*store, "other").await, [parked(4)]);
    })
    .await;
}
