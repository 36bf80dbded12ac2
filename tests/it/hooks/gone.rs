//! A consumer that reports that it is gone, on a store that fails.

use crate::support::attempts::until;
use crate::support::flaky::{Fault, FlakyServer};
use crate::support::{ManualClock, in_time};
use async_trait::async_trait;
use doorsign::domain::{Event, HookKind};
use doorsign::hooks::delivery::{Consumer, Delivery, Failure, Feed, Outcome, Pace, Shared};
use doorsign::store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Answers every event with "gone", and counts them.
#[derive(Default)]
struct Gone(AtomicU32);

#[async_trait]
impl Consumer for Gone {
    fn name(&self) -> &str {
        "hook"
    }

    fn pace(&self) -> Pace {
        Pace::default()
    }

    async fn deliver(&self, _: &Event, _: u32) -> Outcome {
        self.0.fetch_add(1, Ordering::SeqCst);
        Failure::Gone("410".to_owned()).into()
    }
}

#[tokio::test]
async fn a_consumer_that_is_gone_does_not_receive_the_event_again_while_the_store_fails() {
    for fault in [Fault::Unavailable, Fault::Internal("a broken page")] {
        let server = FlakyServer::start().await;
        let store: Arc<dyn Store> = server.store.clone();
        let consumer_state = store.register("hook", HookKind::BuiltIn).await.unwrap();
        server.admin("token").await.create("one").await.expect(200);
        server.store.fail_once("disable", fault);
        let shared = Shared {
            store: store.clone(),
            clock: ManualClock::new(),
            feed: Feed::new(store.clone()),
            began: Instant::now(),
        };
        let (gone, stop) = (Arc::new(Gone::default()), CancellationToken::new());
        let consumer_state = consumer_state.unwrap();
        let delivery = Delivery::new(
            Arc::new(shared),
            gone.clone(),
            consumer_state,
            None,
            stop.clone(),
        );
        let running = tokio::spawn(delivery.run());
        let look = async || {
            let hooks = store.list_hooks().await.unwrap();
            hooks[0].off.clone()
        };
        assert_eq!(until("the hook to be off", look).await, "410");
        assert!(server.store.has_failed());
        stop.cancel();
        in_time("the end", running).await.unwrap();
        assert_eq!(gone.0.load(Ordering::SeqCst), 1, "{fault:?}");
    }
}
