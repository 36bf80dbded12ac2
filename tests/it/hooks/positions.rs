//! The delivery loop: when it saves its position, and when it reads.

use crate::support::attempts::until;
use crate::support::flaky::{FlakyServer, FlakyStore, wait_for};
use crate::support::scripted::FAST;
use crate::support::store::{at, create, status};
use crate::support::{ManualClock, in_time, operator};
use async_trait::async_trait;
use doorsign::domain::{DeliveryState, Event, EventId, HookKind};
use doorsign::hooks::delivery::{
    BATCH, Consumer, Delivery, Failure, Feed, Outcome, Pace, SAVE_INTERVAL, Shared,
};
use doorsign::store::{ConsumerState, Hooks, Outbox};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Less than the five seconds after which an idle loop polls.
const BEFORE_THE_POLL: Duration = Duration::from_secs(4);

/// Reports its attempts, and answers by `script`.
struct Scripted<F> {
    attempts: UnboundedSender<(u64, u32)>,
    script: F,
}

#[async_trait]
impl<F, A> Consumer for Scripted<F>
where
    F: Fn(u64, u32) -> A + Send + Sync,
    A: Future<Output = Option<Failure>> + Send,
{
    fn name(&self) -> &'static str {
        "hook"
    }

    fn pace(&self) -> Pace {
        FAST
    }

    async fn deliver(&self, event: &Event, attempt: u32) -> Outcome {
        let event = event.id.as_u64();
        let failure = (self.script)(event, attempt).await;
        let _ = self.attempts.send((event, attempt));
        failure.map_or_else(Outcome::default, Outcome::from)
    }
}

/// A consumer that starts before the first event.
struct Office {
    server: FlakyServer,
    state: ConsumerState,
}

impl Office {
    async fn new() -> Self {
        let server = FlakyServer::start().await;
        let state = server.store.register("hook", HookKind::BuiltIn).await;
        let state = state.unwrap().unwrap();
        Self { server, state }
    }

    async fn happen(&self, events: impl Iterator<Item = i64>) {
        for n in events {
            let status = status(n, &format!("status {n}"));
            create(&*self.server.store, &status).await.unwrap();
        }
    }

    /// Delivers until the guard is dropped.
    fn deliver<F, A>(&self, script: F) -> (UnboundedReceiver<(u64, u32)>, DropGuard)
    where
        F: Fn(u64, u32) -> A + Send + Sync + 'static,
        A: Future<Output = Option<Failure>> + Send + 'static,
    {
        let (attempts, made) = unbounded_channel();
        let shared = Shared {
            store: self.server.store.clone(),
            clock: ManualClock::new(),
            feed: Feed::new(self.server.store.clone()),
            began: Instant::now(),
        };
        let consumer = Arc::new(Scripted { attempts, script });
        let (state, stop) = (self.state.clone(), CancellationToken::new());
        let delivery = Delivery::new(Arc::new(shared), consumer, state, None, stop.clone());
        tokio::spawn(delivery.run());
        (made, stop.drop_guard())
    }

    /// Waits until the position after `event` is saved.
    async fn saves(&self, event: u64) {
        let look = async || (saved(&self.server.store).await == event).then_some(());
        until("the position to be saved", look).await;
    }
}

async fn saved(store: &FlakyStore) -> u64 {
    let state = store.consumer_state("hook").await.unwrap().unwrap();
    state.cursor.event.as_u64()
}

async fn next(made: &mut UnboundedReceiver<(u64, u32)>) -> (u64, u32) {
    in_time("an attempt", made.recv()).await.unwrap()
}

#[tokio::test]
async fn an_idle_consumer_saves_its_position_and_then_reads_nothing() {
    let office = Office::new().await;
    let (mut made, _stop) = office.deliver(|_, _| std::future::ready(None));
    office.happen(1..=1).await;
    assert_eq!(next(&mut made).await, (1, 1));
    let delivered = Instant::now();
    office.saves(1).await;
    let waited = delivered.elapsed();
    assert!(waited < BEFORE_THE_POLL, "{waited:?}");
    let quiet = async {
        loop {
            office.server.store.interrupt("events_after", || {});
            sleep(SAVE_INTERVAL * 3).await;
            if !office.server.store.is_interrupted() {
                break;
            }
        }
    };
    in_time("the loop to be idle", quiet).await;
}

#[tokio::test]
async fn a_crash_repeats_no_more_than_a_batch() {
    let office = Office::new().await;
    office.happen(1..=300).await;
    let (store, most) = (office.server.store.clone(), Arc::new(AtomicU64::new(0)));
    let repeated = most.clone();
    let (mut made, _stop) = office.deliver(move |event, _| {
        let (store, repeated) = (store.clone(), repeated.clone());
        async move {
            let unsaved = event - saved(&store).await;
            repeated.fetch_max(unsaved, Ordering::SeqCst);
            None
        }
    });
    while next(&mut made).await != (300, 1) {}
    let most = most.load(Ordering::SeqCst);
    assert!(most <= BATCH as u64, "{most}");
}

#[tokio::test]
async fn an_event_after_a_failed_one_is_delivered_without_waiting_for_the_poll() {
    for last in [None, Some(Failure::Permanent("never".to_owned()))] {
        let office = Office::new().await;
        let answer = last.clone();
        let (mut made, _stop) = office.deliver(move |event, attempt| {
            std::future::ready(match (event, attempt) {
                (1, 1) => Some(Failure::Retry("not now".to_owned())),
                (1, _) => answer.clone(),
                _ => None,
            })
        });
        office.happen(1..=1).await;
        assert_eq!(next(&mut made).await, (1, 1));
        assert_eq!(next(&mut made).await, (1, 2));
        office.saves(1).await;
        sleep(SAVE_INTERVAL / 2).await; // Now it waits for what happens next.
        let happened = Instant::now();
        office.happen(2..=2).await;
        assert_eq!(next(&mut made).await, (2, 1));
        let waited = happened.elapsed();
        assert!(waited < BEFORE_THE_POLL, "{last:?}: {waited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_whose_event_was_just_deleted_delivers_no_other_event() {
    let office = Office::new().await;
    let (mut made, _stop) = office.deliver(|event, _| {
        std::future::ready((event == 1).then(|| Failure::Permanent("never".to_owned())))
    });
    office.happen(1..=2).await;
    assert_eq!(
        [next(&mut made).await, next(&mut made).await],
        [(1, 1), (2, 1)]
    );
    office.saves(2).await;
    let store = office.server.store.clone();
    let sweeper = store.clone();
    store.interrupt("events_after", move || {
        wait_for(sweeper.sound().sweep_events(at(1000), 100)).unwrap();
    });
    let retried = store.retry_deliveries("hook", Some(EventId::new(1)), operator());
    assert_eq!(retried.await.unwrap(), 1);
    let find = async || {
        let all = store.list_deliveries("hook", None, EventId::new(0), 10);
        all.await.unwrap().into_iter().find(|it| it.attempts == 2)
    };
    let record = until("the second attempt", find).await;
    let record = (record.event.as_u64(), record.state, &*record.reason);
    let expected = (1, DeliveryState::Parked, "the event no longer exists");
    assert_eq!(record, expected);
    assert!(made.try_recv().is_err());
}
