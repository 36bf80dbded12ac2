//! Management of hooks: the listed state of each hook and its deliveries, and the effects of
//! retrying, dropping, pausing and resuming. Replays are in `replays`.

use crate::support::store::hooks::{
    add_webhook, advance, consumer_state, deliveries, drop_event, failed_at, happen, hook, parked,
    retry, retrying, switch,
};
use crate::support::store::{at, every_shared_store, every_store};
use doorsign::domain::{
    DeliveryRecord, DeliveryState, Error, EventId, Hook, HookKind, Result, Timestamp, What,
};
use doorsign::store::{Cursor, FailedDelivery, Store};
use std::fmt::Debug;

/// A successful delivery with notes.
fn noted(event: u64) -> DeliveryRecord {
    DeliveryRecord {
        state: DeliveryState::Delivered,
        attempts: 1,
        reason: String::new(),
        notes: "two\nlines".to_owned(),
        ..parked(event)
    }
}

/// Registers `hook` and appends three events that it has not received.
async fn three_pending(store: &dyn Store) {
    store.register("hook", HookKind::BuiltIn).await.unwrap();
    happen(store, &[1, 2, 3]).await;
}

#[track_caller]
fn is_unknown<T: Debug>(answer: Result<T>, expected: &What) {
    match answer {
        Err(Error::NotFound(what)) => assert_eq!(&what, expected),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn hooks_are_listed_by_name_with_cursor_lag_and_errors() {
    every_store(async |database| {
        let store = database.open();
        add_webhook(&*store, "b").await;
        three_pending(&*store).await;
        let broken = "it cannot be read".to_owned();
        store
            .set_missing("wasm-a", HookKind::Wasm, broken.clone())
            .await
            .unwrap();
        let records = vec![parked(1), retrying(3), noted(2)];
        advance(&*store, "hook", 2, records).await;
        let paused = Some("paused".to_owned());
        store
            .switch_hook("webhook-b", paused.clone(), crate::support::operator())
            .await
            .unwrap();
        let fresh = |name: &str, kind, cursor, lag| Hook {
            name: name.to_owned(),
            kind,
            cursor: EventId::new(cursor),
            lag,
            off: None,
            missing: None,
            replay: None,
            parked: 0,
            last_failure: None,
        };
        let expected = [
            Hook {
                parked: 1,
                last_failure: Some(retrying(3)),
                ..fresh("hook", HookKind::BuiltIn, 2, 1)
            },
            Hook {
                missing: Some(broken),
                ..fresh("wasm-a", HookKind::Wasm, 3, 0)
            },
            Hook {
                off: paused,
                ..fresh("webhook-b", HookKind::Webhook, 0, 3)
            },
        ];
        assert_eq!(store.list_hooks().await.unwrap(), expected);
        drop(store);
        assert_eq!(database.open().list_hooks().await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_missing_hook_keeps_its_cursor_until_it_is_registered_again() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 1, vec![parked(1)]).await;
        for reason in ["it is broken", "it no longer exists"] {
            let missing = store.set_missing("hook", HookKind::Exec, reason.to_owned());
            missing.await.unwrap();
            let hook = hook(&*store, "hook").await;
            assert_eq!(
                (hook.missing.as_deref(), hook.kind),
                (Some(reason), HookKind::Exec)
            );
        }
        let back = store.register("hook", HookKind::BuiltIn).await.unwrap();
        assert_eq!(back.unwrap().cursor.event.as_u64(), 1);
        let hook = hook(&*store, "hook").await;
        let expected = (HookKind::BuiltIn, None, 1);
        assert_eq!((hook.kind, hook.missing, hook.parked), expected);
    })
    .await;
}

#[tokio::test]
async fn delivery_records_are_stored_with_the_cursor_or_not_at_all() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        let records = vec![noted(1), parked(2), retrying(3)];
        advance(&*store, "hook", 2, records.clone()).await;
        assert_eq!(deliveries(&*store, "hook").await, records);
        let found = consumer_state(&*store, "hook").await;
        assert_eq!(found.failed, Some(failed_at(3)));
        let stale = Cursor {
            event: EventId::new(3),
            generation: found.cursor.generation + 1,
        };
        assert!(!store.advance("hook", stale, vec![parked(3)]).await.unwrap());
        drop(store);
        let store = database.open();
        assert_eq!(deliveries(&*store, "hook").await, records);
        assert_eq!(consumer_state(&*store, "hook").await, found);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_succeeds_after_failures_keeps_the_reason_for_them() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 0, vec![retrying(1)]).await;
        let delivered = DeliveryRecord {
            attempts: 3,
            ..noted(1)
        };
        advance(&*store, "hook", 1, vec![delivered.clone()]).await;
        let expected = DeliveryRecord {
            reason: retrying(1).reason,
            ..delivered
        };
        assert_eq!(
            deliveries(&*store, "hook").await,
            std::slice::from_ref(&expected)
        );
        assert_eq!(hook(&*store, "hook").await.last_failure, Some(expected));
        assert_eq!(consumer_state(&*store, "hook").await.failed, None);
        // A newer reason replaces it.
        advance(&*store, "hook", 1, vec![parked(1)]).await;
        assert_eq!(deliveries(&*store, "hook").await, [parked(1)]);
    })
    .await;
}

#[tokio::test]
async fn deliveries_are_listed_in_pages_and_by_state() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        store.register("other", HookKind::BuiltIn).await.unwrap();
        advance(&*store, "other", 3, vec![parked(2)]).await;
        let records = vec![parked(1), noted(2), parked(3), retrying(4)];
        advance(&*store, "hook", 3, records).await;
        let page = async |state, after, limit| {
            let page = store.list_deliveries("hook", state, EventId::new(after), limit);
            let page = page.await.unwrap().into_iter();
            page.map(|record| record.event.as_u64()).collect::<Vec<_>>()
        };
        assert_eq!(page(None, 0, 2).await, [1, 2]);
        assert_eq!(page(None, 2, 2).await, [3, 4]);
        assert_eq!(page(None, 4, 2).await, [0; 0]);
        assert_eq!(page(Some(DeliveryState::Parked), 0, 9).await, [1, 3]);
        assert_eq!(page(Some(DeliveryState::Parked), 1, 9).await, [3]);
        assert_eq!(page(Some(DeliveryState::Delivered), 0, 9).await, [2]);
        assert_eq!(page(Some(DeliveryState::Retrying), 0, 9).await, [4]);
        assert_eq!(page(Some(DeliveryState::Again), 0, 9).await, [0; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_retry_makes_failed_deliveries_due_and_queues_parked_ones_again() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        let records = vec![parked(1), noted(2), retrying(3)];
        advance(&*store, "hook", 2, records.clone()).await;
        let before = consumer_state(&*store, "hook").await.cursor;
        let due_now = |event| FailedDelivery {
            next_at: retrying(event).at,
            ..failed_at(event)
        };
        let third = Some(EventId::new(3));
        assert_eq!(retry(&*store, third).await, 1);
        let due = consumer_state(&*store, "hook").await;
        assert_eq!(due.failed, Some(due_now(3)));
        assert_eq!(due.again, None);
        advance(&*store, "hook", 2, records).await;

        let first = Some(EventId::new(1));
        assert_eq!(retry(&*store, first).await, 1);
        let wanted = consumer_state(&*store, "hook").await;
        assert_eq!(wanted.again, Some((EventId::new(1), 16)));
        assert_eq!(wanted.failed, Some(failed_at(3)));
        let waiting = DeliveryRecord {
            state: DeliveryState::Again,
            ..parked(1)
        };
        let listed = deliveries(&*store, "hook").await;
        assert_eq!(listed, [waiting, noted(2), retrying(3)]);
        assert_eq!(
            hook(&*store, "hook").await.parked,
            1,
            "parked until the retry succeeds"
        );
        // The retry fails.
        advance(&*store, "hook", 2, vec![parked(1)]).await;
        assert_eq!(consumer_state(&*store, "hook").await.again, None);

        assert_eq!(retry(&*store, None).await, 2);
        let all = consumer_state(&*store, "hook").await;
        assert_eq!(all.again, Some((EventId::new(1), 16)));
        assert_eq!(all.failed, Some(due_now(3)));
        assert_eq!(all.cursor, before, "the cursor did not move");
    })
    .await;
}

#[tokio::test]
async fn parked_deliveries_are_retried_in_order() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 3, vec![parked(2), parked(1), parked(3)]).await;
        assert_eq!(retry(&*store, None).await, 3);
        for event in 1..=3 {
            let next = consumer_state(&*store, "hook").await.again;
            assert_eq!(next, Some((EventId::new(event), 16)));
            let record = DeliveryRecord {
                attempts: 17,
                ..noted(event)
            };
            advance(&*store, "hook", 3, vec![record]).await;
        }
        assert_eq!(consumer_state(&*store, "hook").await.again, None);
        assert_eq!(retry(&*store, None).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_event_is_not_delivered_and_does_not_block_the_hook() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        let records = vec![parked(1), noted(2), retrying(3)];
        advance(&*store, "hook", 2, records).await;
        let before = consumer_state(&*store, "hook").await.cursor;
        drop_event(&*store, 1).await;
        assert_eq!(consumer_state(&*store, "hook").await.cursor, before);
        assert_eq!(deliveries(&*store, "hook").await, [noted(2), retrying(3)]);

        drop_event(&*store, 3).await;
        let after = consumer_state(&*store, "hook").await;
        assert_eq!((after.cursor.event.as_u64(), after.failed), (3, None));
        assert_eq!(deliveries(&*store, "hook").await, [noted(2)]);
        // An attempt that was under way records nothing any more.
        let late = vec![retrying(3)];
        assert!(!store.advance("hook", before, late).await.unwrap());
        assert_eq!(deliveries(&*store, "hook").await, [noted(2)]);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_dropped_during_its_retry_stays_dropped() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 2, vec![parked(1)]).await;
        retry(&*store, None).await;
        let trying = consumer_state(&*store, "hook").await.cursor;
        drop_event(&*store, 1).await;
        assert!(
            !store
                .advance("hook", trying, vec![parked(1)])
                .await
                .unwrap()
        );
        assert_eq!(deliveries(&*store, "hook").await, []);
        assert_eq!(
            consumer_state(&*store, "hook").await.cursor.event,
            trying.event
        );
    })
    .await;
}

#[tokio::test]
async fn enabling_a_hook_retries_its_failed_event_and_keeps_parked_ones() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 1, vec![parked(1), retrying(2)]).await;
        let off = Some("paused".to_owned());
        switch(&*store, off.clone()).await;
        let paused = consumer_state(&*store, "hook").await;
        assert!(!paused.is_on);
        assert_eq!(paused.failed, Some(failed_at(2)));
        assert_eq!(hook(&*store, "hook").await.off, off);
        store.register("hook", HookKind::BuiltIn).await.unwrap();
        assert!(
            !consumer_state(&*store, "hook").await.is_on,
            "still off after a restart"
        );

        switch(&*store, None).await;
        let on = consumer_state(&*store, "hook").await;
        assert_eq!((on.is_on, on.failed), (true, None));
        assert_eq!(on.cursor, paused.cursor);
        assert_eq!(deliveries(&*store, "hook").await, [parked(1)]);
    })
    .await;
}

#[tokio::test]
async fn managing_unknown_hooks_or_deliveries_fails_with_not_found() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 2, vec![noted(1), parked(2)]).await;
        let (first, unknown) = (EventId::new(1), What::Hook("nobody".to_owned()));
        let span = (at(0), at(9));
        let all = store.list_deliveries("nobody", None, first, 9).await;
        is_unknown(all, &unknown);
        is_unknown(
            store
                .retry_deliveries("nobody", None, crate::support::operator())
                .await,
            &unknown,
        );
        is_unknown(
            store
                .drop_delivery("nobody", first, crate::support::operator())
                .await,
            &unknown,
        );
        is_unknown(
            store
                .replay("nobody", span.0, span.1, crate::support::operator())
                .await,
            &unknown,
        );
        is_unknown(
            store
                .switch_hook("nobody", None, crate::support::operator())
                .await,
            &unknown,
        );
        for event in [1, 3, 99] {
            let (id, unknown) = (EventId::new(event), What::Delivery(event.to_string()));
            is_unknown(
                store
                    .retry_deliveries("hook", Some(id), crate::support::operator())
                    .await,
                &unknown,
            );
            is_unknown(
                store
                    .drop_delivery("hook", id, crate::support::operator())
                    .await,
                &unknown,
            );
        }
        assert_eq!(deliveries(&*store, "hook").await, [noted(1), parked(2)]);
    })
    .await;
}

#[tokio::test]
async fn hooks_changed_signals_every_operator_action_and_no_delivery() {
    every_store(async |database| {
        let store = database.open();
        let mut changed = store.hooks_changed();
        three_pending(&*store).await;
        let records = vec![parked(1), parked(2)];
        advance(&*store, "hook", 3, records).await;
        let gone = store.set_missing("gone", HookKind::Exec, "gone".to_owned());
        gone.await.unwrap();
        assert!(!changed.has_changed().unwrap(), "no operator action yet");
        let mut is_signalled = |what: &str| {
            assert!(changed.has_changed().unwrap(), "{what}");
            changed.mark_unchanged();
        };
        retry(&*store, None).await;
        is_signalled("a retry");
        drop_event(&*store, 1).await;
        is_signalled("a drop");
        let far = Timestamp::from_millis(i64::MAX);
        store
            .replay("hook", at(0), far, crate::support::operator())
            .await
            .unwrap();
        is_signalled("a replay");
        let off = Some("paused".to_owned());
        switch(&*store, off).await;
        is_signalled("a pause");
        switch(&*store, None).await;
        is_signalled("a resume");
        store.refresh().await.unwrap();
        is_signalled("a refresh");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_notices_hook_changes_by_another_process() {
    every_shared_store(async |database| {
        let (store, other) = (database.open(), database.open());
        store.register("hook", HookKind::BuiltIn).await.unwrap();
        let changed = store.hooks_changed();
        let off = Some("paused".to_owned());
        other
            .switch_hook("hook", off, crate::support::operator())
            .await
            .unwrap();
        assert!(!changed.has_changed().unwrap());
        store.refresh().await.unwrap();
        assert!(changed.has_changed().unwrap());
        assert!(!consumer_state(&*store, "hook").await.is_on);
    })
    .await;
}

#[tokio::test]
async fn disabling_a_hook_records_the_reason_unless_its_cursor_was_moved_meanwhile() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        let changed = store.hooks_changed();
        let own = consumer_state(&*store, "hook").await.cursor;
        let gone = async |cursor| {
            let records = vec![retrying(1)];
            let disabled = store.disable(
                "hook",
                cursor,
                records,
                "gone".to_owned(),
                crate::support::operator(),
            );
            disabled.await.unwrap()
        };
        let other = Cursor {
            generation: own.generation + 1,
            ..own
        };
        assert!(!gone(other).await);
        assert!(consumer_state(&*store, "hook").await.is_on);
        assert_eq!(deliveries(&*store, "hook").await, []);

        assert!(gone(own).await);
        assert!(changed.has_changed().unwrap());
        let off = consumer_state(&*store, "hook").await;
        assert_eq!((off.is_on, off.failed), (false, Some(failed_at(1))));
        assert_eq!(hook(&*store, "hook").await.off.as_deref(), Some("gone"));
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_consumer_leaves_no_state() {
    every_store(async |database| {
        let store = database.open();
        three_pending(&*store).await;
        advance(&*store, "hook", 1, vec![parked(1)]).await;
        store.forget("hook").await.unwrap();
        store.forget("hook").await.unwrap();
        assert_eq!(store.list_hooks().await.unwrap(), []);
        store.register("hook", HookKind::BuiltIn).await.unwrap();
        assert_eq!(deliveries(&*store, "hook").await, []);
        assert_eq!(hook(&*store, "hook").await.lag, 0);
    })
    .await;
}
