//! Webhooks and their secrets.

use crate::support::store::hooks::{
    add_webhook, advance, consumer_state, deliveries, happen, hook, name, parked, remove_webhook,
    secret, webhook,
};
use crate::support::store::{at, every_store};
use doorsign::domain::{Attribution, Error, Field, HookKind, Problem, Webhook, What};
use doorsign::store::Store;

/// The signing secrets with their expiry, newest first.
async fn secrets(store: &dyn Store, called: &str) -> Vec<(String, Option<i64>)> {
    let webhooks = store.list_webhooks().await.unwrap();
    let found = webhooks.into_iter().find(|one| one.name == name(called));
    let secrets = found.unwrap().secrets.into_iter();
    secrets
        .map(|secret| (secret.text, secret.expires_at.map(|end| end.as_millis())))
        .collect()
}

#[tokio::test]
async fn webhooks_are_listed_by_name_with_all_their_fields() {
    every_store(async |database| {
        let store = database.open();
        let all = Webhook {
            kinds: vec![],
            secrets: vec![secret("newer", None), secret("older", Some(9))],
            ..webhook("a")
        };
        for one in [webhook("b"), all.clone()] {
            store
                .create_webhook(one, crate::support::operator())
                .await
                .unwrap();
        }
        let expected = [all, webhook("b")];
        assert_eq!(store.list_webhooks().await.unwrap(), expected);
        drop(store);
        assert_eq!(database.open().list_webhooks().await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_new_webhook_is_a_hook_that_starts_after_the_newest_event() {
    every_store(async |database| {
        let store = database.open();
        happen(&*store, &[1, 2]).await;
        let changed = store.hooks_changed();
        add_webhook(&*store, "bell").await;
        assert!(changed.has_changed().unwrap());
        let hook = hook(&*store, "webhook-bell").await;
        assert_eq!((hook.kind, hook.cursor.as_u64()), (HookKind::Webhook, 2));
    })
    .await;
}

#[tokio::test]
async fn a_webhook_name_is_unique() {
    every_store(async |database| {
        let store = database.open();
        add_webhook(&*store, "bell").await;
        happen(&*store, &[1]).await;
        let other = Webhook {
            url: "https://example.org/other".to_owned(),
            ..webhook("bell")
        };
        let refused = store
            .create_webhook(other, crate::support::operator())
            .await
            .unwrap_err();
        let taken = Problem::Taken("bell".to_owned());
        match refused {
            Error::Invalid { field, problem } => {
                assert_eq!((field, problem), (Field::WebhookName, taken));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.list_webhooks().await.unwrap(), [webhook("bell")]);
        let cursor = hook(&*store, "webhook-bell").await.cursor;
        assert_eq!(cursor.as_u64(), 0, "the existing webhook keeps its cursor");
    })
    .await;
}

#[tokio::test]
async fn a_new_secret_signs_first_and_older_ones_until_they_expire() {
    every_store(async |database| {
        let store = database.open();
        add_webhook(&*store, "bell").await;
        add_webhook(&*store, "other").await;
        let changed = store.hooks_changed();
        let rotate = async |text: &str, until, now| {
            let by = Attribution::operator(at(now));
            let rotated = store.rotate_secret(name("bell"), secret(text, None), at(until), by);
            rotated.await.unwrap();
        };
        rotate("second", 100, 0).await;
        assert!(changed.has_changed().unwrap());
        let two = [("second".to_owned(), None), ("first".to_owned(), Some(100))];
        assert_eq!(secrets(&*store, "bell").await, two);
        // A newer secret does not extend the life of an older one.
        rotate("third", 150, 50).await;
        let three = [
            ("third".to_owned(), None),
            ("second".to_owned(), Some(150)),
            ("first".to_owned(), Some(100)),
        ];
        assert_eq!(secrets(&*store, "bell").await, three);
        rotate("fourth", 200, 100).await;
        let ended = [
            ("fourth".to_owned(), None),
            ("third".to_owned(), Some(200)),
            ("second".to_owned(), Some(150)),
        ];
        assert_eq!(secrets(&*store, "bell").await, ended);
        let at_once = async |now| rotate("at once", now, now).await;
        at_once(300).await;
        assert_eq!(
            secrets(&*store, "bell").await,
            [("at once".to_owned(), None)]
        );
        drop(store);
        let store = database.open();
        assert_eq!(
            secrets(&*store, "bell").await,
            [("at once".to_owned(), None)]
        );
        assert_eq!(
            secrets(&*store, "other").await,
            [("first".to_owned(), None)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_deleted_webhook_leaves_no_state() {
    every_store(async |database| {
        let store = database.open();
        for called in ["bell", "other"] {
            store
                .create_webhook(webhook(called), crate::support::operator())
                .await
                .unwrap();
        }
        happen(&*store, &[1, 2]).await;
        advance(&*store, "webhook-bell", 1, vec![parked(1)]).await;
        let changed = store.hooks_changed();
        remove_webhook(&*store, "bell").await;
        assert!(changed.has_changed().unwrap());
        assert_eq!(store.list_webhooks().await.unwrap(), [webhook("other")]);
        assert_eq!(store.consumer_state("webhook-bell").await.unwrap(), None);
        // A new webhook with its name inherits nothing.
        let second = Webhook {
            secrets: vec![secret("another", None)],
            ..webhook("bell")
        };
        store
            .create_webhook(second.clone(), crate::support::operator())
            .await
            .unwrap();
        assert_eq!(hook(&*store, "webhook-bell").await.cursor.as_u64(), 2);
        assert_eq!(deliveries(&*store, "webhook-bell").await, []);
        let found = store.list_webhooks().await.unwrap();
        assert_eq!(found, [second, webhook("other")]);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_webhook_can_be_neither_rotated_nor_deleted() {
    every_store(async |database| {
        let store = database.open();
        add_webhook(&*store, "bell").await;
        let rotated = store
            .rotate_secret(
                name("nobody"),
                secret("new", None),
                at(1),
                crate::support::operator(),
            )
            .await;
        let deleted = store
            .delete_webhook(name("nobody"), crate::support::operator())
            .await;
        for refused in [rotated, deleted] {
            match refused {
                Err(Error::NotFound(what)) => assert_eq!(what, What::Webhook("nobody".to_owned())),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(store.list_webhooks().await.unwrap(), [webhook("bell")]);
    })
    .await;
}

#[tokio::test]
async fn pending_writes_of_a_removed_webhook_do_not_touch_a_new_one_with_its_name() {
    every_store(async |database| {
        let store = database.open();
        add_webhook(&*store, "bell").await;
        let old = consumer_state(&*store, "webhook-bell").await;
        happen(&*store, &[1, 2]).await;
        remove_webhook(&*store, "bell").await;
        add_webhook(&*store, "bell").await;
        let new = consumer_state(&*store, "webhook-bell").await;
        assert_ne!(new.incarnation, old.incarnation);
        let late = vec![parked(1)];
        let advanced = store
            .advance("webhook-bell", old.cursor, late.clone())
            .await;
        let gone = "410".to_owned();
        let disabled = store
            .disable(
                "webhook-bell",
                old.cursor,
                late,
                gone,
                crate::support::operator(),
            )
            .await;
        assert_eq!((advanced.unwrap(), disabled.unwrap()), (false, false));
        assert_eq!(consumer_state(&*store, "webhook-bell").await, new);
        assert_eq!(deliveries(&*store, "webhook-bell").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_removed_webhook_is_not_registered_again() {
    every_store(async |database| {
        let store = database.open();
        add_webhook(&*store, "bell").await;
        remove_webhook(&*store, "bell").await;
        let registered = store.register("webhook-bell", HookKind::Webhook).await;
        assert_eq!(registered.unwrap(), None);
        let missing = store.set_missing("webhook-bell", HookKind::Webhook, "broken".to_owned());
        missing.await.unwrap();
        assert_eq!(store.list_hooks().await.unwrap(), []);
        add_webhook(&*store, "bell").await;
        let registered = store.register("webhook-bell", HookKind::Webhook).await;
        assert!(registered.unwrap().is_some());
    })
    .await;
}
