//! Replays: the events that a hook receives again, and where it continues afterwards.

use crate::support::store::hooks::{
    advance, consumer_state, deliveries, drop_event, failed_at, happen, hook, parked, replay,
    retrying,
};
use crate::support::store::{at, every_store};
use doorsign::domain::{DeliveryRecord, DeliveryState, EventId, HookKind};
use doorsign::store::{Cursor, Store};

/// Registers `hook` and delivers to it five events, of the times 10, 20, 30, 40 and 50.
async fn five_delivered(store: &dyn Store) {
    store.register("hook", HookKind::BuiltIn).await.unwrap();
    happen(store, &[10, 20, 30, 40, 50]).await;
    advance(store, "hook", 5, vec![]).await;
}

/// The cursor, and the last event of the replay.
async fn progress(store: &dyn Store) -> (u64, Option<u64>) {
    let consumer_state = consumer_state(store, "hook").await;
    let until = consumer_state.replay_until.map(EventId::as_u64);
    (consumer_state.cursor.event.as_u64(), until)
}

#[tokio::test]
async fn a_replay_covers_a_time_span_and_ends_at_the_previous_cursor() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        assert_eq!(replay(&*store, at(20), at(40)).await, 2);
        assert_eq!(progress(&*store).await, (1, Some(3)));
        let span = Some((EventId::new(2), EventId::new(3)));
        assert_eq!(hook(&*store, "hook").await.replay, span);
        happen(&*store, &[60]).await;
        advance(&*store, "hook", 2, vec![]).await;
        assert_eq!(progress(&*store).await, (2, Some(3)));
        let rest = Some((EventId::new(3), EventId::new(3)));
        assert_eq!(hook(&*store, "hook").await.replay, rest);
        drop(store);
        let store = database.open();
        store.register("hook", HookKind::BuiltIn).await.unwrap();
        assert_eq!(progress(&*store).await, (2, Some(3)), "after a restart");
        advance(&*store, "hook", 3, vec![]).await;
        assert_eq!(progress(&*store).await, (5, None));
        let hook = hook(&*store, "hook").await;
        assert_eq!((hook.replay, hook.lag), (None, 1));
        advance(&*store, "hook", 6, vec![]).await;
        assert_eq!(progress(&*store).await, (6, None), "and it continues");
    })
    .await;
}

#[tokio::test]
async fn an_empty_replay_changes_nothing() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60]).await;
        let before = consumer_state(&*store, "hook").await;
        for (since, until) in [(21, 30), (0, 10), (61, 1000), (40, 20)] {
            let count = store
                .replay("hook", at(since), at(until), crate::support::operator())
                .await;
            assert_eq!(count.unwrap(), 0, "{since} {until}");
        }
        assert_eq!(consumer_state(&*store, "hook").await, before);
    })
    .await;
}

#[tokio::test]
async fn a_replay_does_not_include_pending_events() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60, 70]).await;
        assert_eq!(replay(&*store, at(40), at(1000)).await, 2);
        assert_eq!(progress(&*store).await, (3, Some(5)));
        advance(&*store, "hook", 5, vec![]).await;
        assert_eq!(progress(&*store).await, (5, None));
    })
    .await;
}

#[tokio::test]
async fn a_replay_repeats_an_event_that_was_delivered_but_not_saved() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60]).await;
        let before = consumer_state(&*store, "hook").await.cursor;
        assert_eq!(replay(&*store, at(60), at(1000)).await, 0);
        assert_eq!(progress(&*store).await, (5, None));
        let delivered = Cursor {
            event: EventId::new(6),
            ..before
        };
        let saved = store.advance("hook", delivered, vec![]).await.unwrap();
        assert!(!saved, "the hook reads again from the saved cursor");
    })
    .await;
}

#[tokio::test]
async fn an_attempt_started_before_a_replay_does_not_move_the_cursor() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60]).await;
        let before = consumer_state(&*store, "hook").await.cursor;
        replay(&*store, at(20), at(40)).await;
        let late = Cursor {
            event: EventId::new(6),
            ..before
        };
        let saved = store.advance("hook", late, vec![parked(6)]).await.unwrap();
        assert!(!saved);
        assert_eq!(progress(&*store).await, (1, Some(3)));
        assert_eq!(deliveries(&*store, "hook").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_replay_during_another_replaces_it() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        replay(&*store, at(10), at(40)).await;
        advance(&*store, "hook", 1, vec![]).await;
        assert_eq!(replay(&*store, at(50), at(51)).await, 1);
        assert_eq!(progress(&*store).await, (4, Some(5)));
        advance(&*store, "hook", 5, vec![]).await;
        assert_eq!(
            progress(&*store).await,
            (5, None),
            "the cursor before both replays"
        );
    })
    .await;
}

#[tokio::test]
async fn a_replay_that_replaces_another_removes_its_retries() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60]).await;
        advance(&*store, "hook", 5, vec![retrying(6)]).await;
        replay(&*store, at(30), at(60)).await;
        advance(&*store, "hook", 3, vec![parked(3), retrying(4)]).await;
        replay(&*store, at(10), at(20)).await;
        assert_eq!(progress(&*store).await, (0, Some(1)));
        assert_eq!(deliveries(&*store, "hook").await, [parked(3), retrying(6)]);
        advance(&*store, "hook", 1, vec![]).await;
        assert_eq!(progress(&*store).await, (5, None));
        let failed = consumer_state(&*store, "hook").await.failed;
        assert_eq!(failed.map(|failed| failed.event), Some(EventId::new(6)));
    })
    .await;
}

#[tokio::test]
async fn only_an_event_after_the_cursor_can_block_a_hook() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        advance(&*store, "hook", 5, vec![retrying(3), retrying(5)]).await;
        assert_eq!(consumer_state(&*store, "hook").await.failed, None);
        happen(&*store, &[60]).await;
        advance(&*store, "hook", 5, vec![retrying(6)]).await;
        let failed = consumer_state(&*store, "hook").await.failed;
        assert_eq!(failed.map(|failed| failed.event), Some(EventId::new(6)));
    })
    .await;
}

#[tokio::test]
async fn a_replay_forgets_parked_events_in_its_span_and_keeps_the_others() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60]).await;
        let all = vec![parked(1), parked(2), parked(3), parked(4), retrying(6)];
        advance(&*store, "hook", 5, all).await;
        replay(&*store, at(20), at(40)).await;
        let rest = [parked(1), parked(4), retrying(6)];
        assert_eq!(deliveries(&*store, "hook").await, rest);
    })
    .await;
}

#[tokio::test]
async fn a_failed_event_of_a_replay_is_retried_before_later_ones() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60]).await;
        advance(&*store, "hook", 5, vec![retrying(6)]).await;
        replay(&*store, at(20), at(40)).await;
        advance(&*store, "hook", 1, vec![retrying(2)]).await;
        let failed = consumer_state(&*store, "hook").await.failed;
        assert_eq!(failed, Some(failed_at(2)));
        let delivered = DeliveryRecord {
            state: DeliveryState::Delivered,
            next_at: None,
            ..retrying(2)
        };
        advance(&*store, "hook", 3, vec![delivered]).await;
        let failed = consumer_state(&*store, "hook").await.failed;
        assert_eq!(failed, Some(failed_at(6)));
    })
    .await;
}

#[tokio::test]
async fn an_event_after_a_replay_can_be_dropped_without_ending_it() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        happen(&*store, &[60, 70]).await;
        advance(&*store, "hook", 5, vec![retrying(6)]).await;
        replay(&*store, at(20), at(40)).await;
        drop_event(&*store, 6).await;
        assert_eq!(progress(&*store).await, (1, Some(3)));
        advance(&*store, "hook", 3, vec![]).await;
        assert_eq!(
            progress(&*store).await,
            (6, None),
            "after the dropped event"
        );
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_replay_can_be_dropped_and_the_replay_continues() {
    every_store(async |database| {
        let store = database.open();
        five_delivered(&*store).await;
        replay(&*store, at(20), at(40)).await;
        advance(&*store, "hook", 1, vec![retrying(2)]).await;
        drop_event(&*store, 2).await;
        assert_eq!(progress(&*store).await, (2, Some(3)));
        advance(&*store, "hook", 2, vec![retrying(3)]).await;
        drop_event(&*store, 3).await;
        // The last event of the replay: the delivery finds nothing left and advances.
        let (cursor, until) = progress(&*store).await;
        if until.is_some() {
            advance(&*store, "hook", cursor, vec![]).await;
        }
        assert_eq!(progress(&*store).await, (5, None));
    })
    .await;
}
