//! Events in the order of commit, who has read how far, and the mark that wakes readers.

use super::{at, create, delete, every_shared_store, every_store, status, update};
use doorsign::domain::{Event, EventId};
use doorsign::store::{Parked, Part, Store};

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
async fn events_come_in_order_after_the_cursor_and_up_to_the_limit() {
    every_store(async |place| {
        let store = place.open();
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
async fn the_mark_is_raised_before_the_writer_is_answered() {
    every_store(async |place| {
        let store = place.open();
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
        assert!(!committed.has_changed().unwrap(), "a refusal wakes nobody");
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_follows_many_writers_misses_no_event_and_sees_none_too_early() {
    every_store(async |place| {
        let store = place.open();
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

#[tokio::test]
async fn a_new_consumer_starts_after_the_newest_event_and_is_remembered_from_then_on() {
    every_store(async |place| {
        let store = place.open();
        assert_eq!(store.cursor("early").await.unwrap(), START);
        create(&*store, &status(1, "one")).await.unwrap();
        assert_eq!(store.cursor("late").await.unwrap().as_u64(), 1);
        create(&*store, &status(2, "two")).await.unwrap();
        for _ in 0..2 {
            assert_eq!(store.cursor("early").await.unwrap(), START);
            assert_eq!(store.cursor("late").await.unwrap().as_u64(), 1);
        }
        drop(store);
        let store = place.open();
        assert_eq!(store.cursor("early").await.unwrap(), START);
        assert_eq!(store.cursor("late").await.unwrap().as_u64(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_moves_alone_and_stays_where_it_was_put() {
    every_store(async |place| {
        let store = place.open();
        for name in ["mover", "other"] {
            store.cursor(name).await.unwrap();
        }
        for n in 1..=3 {
            create(&*store, &status(n, &format!("status {n}")))
                .await
                .unwrap();
        }
        let parked = |event| Parked {
            event: EventId::new(event),
            reason: "it's \"broken\"".to_owned(),
            attempts: 16,
            at: at(7),
        };
        store
            .advance("mover", EventId::new(1), vec![])
            .await
            .unwrap();
        let both = vec![parked(2), parked(3)];
        store.advance("mover", EventId::new(3), both).await.unwrap();
        // Parked once more: after a crash, the same event may be given up again.
        store
            .advance("mover", EventId::new(3), vec![parked(3)])
            .await
            .unwrap();
        drop(store);
        let store = place.open();
        assert_eq!(store.cursor("mover").await.unwrap().as_u64(), 3);
        assert_eq!(store.cursor("other").await.unwrap(), START);
    })
    .await;
}

#[tokio::test]
async fn what_another_process_wrote_is_noticed_by_a_refresh() {
    every_shared_store(async |place| {
        let (store, other) = (place.open(), place.open());
        let mut committed = store.committed();
        create(&*other, &status(1, "one")).await.unwrap();
        let version = store.version(Part::Access);
        assert!(!committed.has_changed().unwrap());
        store.refresh().await.unwrap();
        assert_eq!(committed.borrow_and_update().as_u64(), 1);
        assert!(
            store.version(Part::Access) > version,
            "who may do what may have changed, too"
        );

        // Positions go on from there.
        create(&*store, &status(2, "two")).await.unwrap();
        assert_eq!(committed.borrow_and_update().as_u64(), 2);
    })
    .await;
}
