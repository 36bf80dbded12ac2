//! Events in commit order, the cursors of consumers, and the committed mark that wakes readers.

use crate::support::store::{create, delete, every_shared_store, every_store, status, update};
use doorsign::domain::{Event, EventId, HookKind};
use doorsign::store::{ChangeKind, ConsumerState, Cursor, Store};

const START: EventId = EventId::new(0);

fn numbers(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.id.as_u64()).collect()
}

async fn after(store: &dyn Store, cursor: u64, limit: usize) -> Vec<u64> {
    let events = store.events_after(EventId::new(cursor), limit).await;
    let events: Result<Vec<_>, _> = events.unwrap().into_iter().collect();
    numbers(&events.unwrap())
}

#[tokio::test]
async fn events_are_returned_in_order_after_the_cursor_up_to_the_limit() {
    every_store(async |database| {
        let store = database.open();
        assert_eq!(after(&*store, 0, 10).await, [0_u64; 0]);
        for n in 1..=4 {
            create(&*store, &status(n, &format!("status {n}")))
                .await
                .unwrap();
        }
        update(&*store, &status(1, "another")).await.unwrap();
        delete(&*store, 2).await.unwrap();
        assert_eq!(after(&*store, 0, 10).await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(after(&*store, 0, 2).await, [1, 2]);
        assert_eq!(after(&*store, 3, 2).await, [4, 5]);
        assert_eq!(after(&*store, 5, 2).await, [6]);
        assert_eq!(after(&*store, 6, 2).await, [0_u64; 0]);
        assert_eq!(after(&*store, 99, usize::MAX).await, [0_u64; 0]);
        assert_eq!(after(&*store, 0, 0).await, [0_u64; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_committed_mark_is_raised_before_the_write_returns() {
    every_store(async |database| {
        let store = database.open();
        let mut committed = store.committed();
        assert_eq!(*committed.borrow_and_update(), START);
        for n in 1..=50 {
            create(&*store, &status(n, &format!("status {n}")))
                .await
                .unwrap();
            assert!(committed.has_changed().unwrap());
            assert_eq!(
                committed.borrow_and_update().as_u64(),
                u64::try_from(n).unwrap()
            );
        }
        create(&*store, &status(51, "status 1")).await.unwrap_err();
        assert!(
            !committed.has_changed().unwrap(),
            "a refused write wakes no reader"
        );
    })
    .await;
}

#[tokio::test]
async fn a_reader_of_concurrent_writers_misses_no_event_and_sees_none_too_early() {
    every_store(async |database| {
        let store = database.open();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let store = store.clone();
            writers.spawn(async move {
                for n in 0..50 {
                    let status = status(writer * 100 + n, &format!("{writer}: {n}"));
                    create(&*store, &status).await.unwrap();
                }
            });
        }
        let (mut committed, mut seen) = (store.committed(), Vec::new());
        while seen.len() < 400 {
            let newest = *committed.borrow_and_update();
            let cursor = seen.last().copied().unwrap_or(0);
            seen.extend(after(&*store, cursor, 7).await);
            let last = EventId::new(seen.last().copied().unwrap_or(0));
            if last >= newest && seen.len() < 400 {
                committed.changed().await.unwrap();
            }
        }
        assert_eq!(seen, (1..=400).collect::<Vec<u64>>());
        writers.join_all().await;
    })
    .await;
}

async fn register(store: &dyn Store, name: &str) -> ConsumerState {
    let registered = store.register(name, HookKind::BuiltIn).await.unwrap();
    registered.unwrap()
}

async fn cursor(store: &dyn Store, name: &str) -> u64 {
    let consumer_state = store.consumer_state(name).await.unwrap();
    consumer_state.unwrap().cursor.event.as_u64()
}

#[tokio::test]
async fn a_new_consumer_starts_after_the_newest_event_and_survives_a_restart() {
    every_store(async |database| {
        let store = database.open();
        // The fencing numbers are random.
        let fresh = |cursor, found: &ConsumerState| ConsumerState {
            cursor: Cursor {
                event: EventId::new(cursor),
                generation: found.incarnation,
            },
            incarnation: found.incarnation,
            is_on: true,
            replay_until: None,
            failed: None,
            again: None,
        };
        assert_eq!(store.consumer_state("early").await.unwrap(), None);
        let early = register(&*store, "early").await;
        assert_eq!(early, fresh(0, &early));
        create(&*store, &status(1, "one")).await.unwrap();
        let late = register(&*store, "late").await;
        assert_eq!(late, fresh(1, &late));
        assert_ne!(early.incarnation, late.incarnation);
        create(&*store, &status(2, "two")).await.unwrap();
        drop(store);
        let store = database.open();
        for (name, consumer_state) in [("early", early), ("late", late)] {
            let found = store.consumer_state(name).await.unwrap();
            assert_eq!(found.as_ref(), Some(&consumer_state));
            assert_eq!(register(&*store, name).await, consumer_state);
        }
    })
    .await;
}

#[tokio::test]
async fn advancing_one_cursor_moves_no_other_and_survives_a_restart() {
    every_store(async |database| {
        let store = database.open();
        let consumer_state = register(&*store, "mover").await;
        register(&*store, "other").await;
        for n in 1..=3 {
            create(&*store, &status(n, &format!("status {n}")))
                .await
                .unwrap();
        }
        let to = |cursor| Cursor {
            event: EventId::new(cursor),
            ..consumer_state.cursor
        };
        assert!(store.advance("mover", to(1), vec![]).await.unwrap());
        assert!(store.advance("mover", to(3), vec![]).await.unwrap());
        assert!(!store.advance("nobody", to(3), vec![]).await.unwrap());
        drop(store);
        let store = database.open();
        assert_eq!(cursor(&*store, "mover").await, 3);
        assert_eq!(cursor(&*store, "other").await, 0);
        assert_eq!(store.consumer_state("nobody").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_notices_writes_by_another_process() {
    every_shared_store(async |database| {
        let (store, other) = (database.open(), database.open());
        let mut committed = store.committed();
        create(&*other, &status(1, "one")).await.unwrap();
        let version = store.version(ChangeKind::Access);
        assert!(!committed.has_changed().unwrap());
        store.refresh().await.unwrap();
        assert_eq!(committed.borrow_and_update().as_u64(), 1);
        assert!(
            store.version(ChangeKind::Access) > version,
            "permissions may have changed too"
        );

        // Later positions continue from there.
        create(&*store, &status(2, "two")).await.unwrap();
        assert_eq!(committed.borrow_and_update().as_u64(), 2);
    })
    .await;
}

#[tokio::test]
async fn events_are_returned_only_up_to_the_committed_mark() {
    every_shared_store(async |database| {
        let (store, other) = (database.open(), database.open());
        create(&*other, &status(1, "one")).await.unwrap();
        assert_eq!(after(&*store, 0, 9).await, [0_u64; 0], "not announced yet");
        store.refresh().await.unwrap();
        assert_eq!(after(&*store, 0, 9).await, [1]);
    })
    .await;
}

#[tokio::test]
async fn an_own_commit_after_one_of_another_process_raises_every_version() {
    every_shared_store(async |database| {
        let (store, other) = (database.open(), database.open());
        create(&*store, &status(1, "one")).await.unwrap();
        create(&*other, &status(2, "two")).await.unwrap();
        let before = store.version(ChangeKind::Access);
        // Its mark includes the event of the other process, so the versions have to be as new.
        create(&*store, &status(3, "three")).await.unwrap();
        assert_eq!(store.committed().borrow().as_u64(), 3);
        let after = store.version(ChangeKind::Access);
        assert!(after > before);
        create(&*store, &status(4, "four")).await.unwrap();
        assert_eq!(
            store.version(ChangeKind::Access),
            after,
            "no other process wrote"
        );
    })
    .await;
}
