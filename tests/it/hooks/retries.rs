//! Failed deliveries: when they are retried, what is recorded, and what the operator can do.

use crate::support::attempts::{
    Attempts, HOUR, LONG, attempted, deliveries, delivery, failing, happen, hook, permanent,
    redeliver, retry, taking,
};
use crate::support::scripted::FAST;
use crate::support::{Setup, TestServer, in_time};
use doorsign::app::Clock;
use doorsign::domain::{DeliveryRecord, DeliveryState, EventId, Timestamp};
use doorsign::hooks::delivery::Pace;
use doorsign_hook::{HookError, PostCreateHook};
use std::future::{pending, ready};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;

async fn start(hook: Arc<dyn PostCreateHook>, pace: Pace) -> TestServer {
    Setup::new().hook(hook).pace(pace).start().await
}

/// A server with the hook `hook`, which has failed once at the first of three events.
async fn failed_once() -> (TestServer, Attempts) {
    let script = |event, attempt| {
        let fails = (event, attempt) == (1, 1);
        ready(if fails { Err(retry("not now")) } else { Ok(()) })
    };
    let (hook, mut attempts) = attempted("hook", script);
    let server = start(hook, LONG).await;
    happen(&server, &["one", "two", "three"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    delivery(&server, "hook", 1, is(DeliveryState::Retrying)).await;
    (server, attempts)
}

fn is(state: DeliveryState) -> impl Fn(&DeliveryRecord) -> bool {
    move |record| record.state == state
}

#[tokio::test]
async fn a_failure_is_listed_with_its_reason_notes_and_next_attempt() {
    let (server, mut attempts) = failed_once().await;
    let records = deliveries(&server, "hook").await;
    let now = server.clock.now();
    let expected = DeliveryRecord {
        event: EventId::new(1),
        state: DeliveryState::Retrying,
        attempts: 1,
        reason: "not now".to_owned(),
        notes: "event 1, attempt 1\n".to_owned(),
        at: now,
        next_at: records[0].next_at,
    };
    assert_eq!(records, std::slice::from_ref(&expected));
    let wait = records[0].next_at.unwrap().since(now);
    assert!(
        (HOUR.mul_f64(0.9)..=HOUR.mul_f64(1.1)).contains(&wait),
        "{wait:?}"
    );
    let hook = hook(&server, "hook", |_| true).await;
    assert_eq!(hook.last_failure, Some(expected));
    assert_eq!((hook.lag, hook.parked), (3, 0));
    attempts.is_empty();
}

#[tokio::test]
async fn a_redelivery_ends_a_long_wait_and_the_success_keeps_the_reason() {
    let (server, mut attempts) = failed_once().await;
    assert_eq!(redeliver(&server, "hook", Some(1)).await, 1);
    assert_eq!(attempts.next(3).await, [(1, 2), (2, 1), (3, 1)]);
    let delivered = delivery(&server, "hook", 1, is(DeliveryState::Delivered)).await;
    let record = (delivered.attempts, &*delivered.reason, delivered.next_at);
    assert_eq!(record, (2, "not now", None));
    assert_eq!(
        deliveries(&server, "hook").await.len(),
        1,
        "of others nothing is record"
    );
    let hook = hook(&server, "hook", |hook| hook.lag == 0).await;
    assert_eq!(hook.last_failure, Some(delivered));
}

#[tokio::test]
async fn a_blocking_failure_can_be_dropped() {
    let (server, mut attempts) = failed_once().await;
    let dropped = server
        .app
        .store
        .drop_delivery("hook", EventId::new(1), crate::support::operator())
        .await;
    dropped.unwrap();
    assert_eq!(attempts.next(2).await, [(2, 1), (3, 1)]);
    hook(&server, "hook", |hook| hook.lag == 0).await;
    assert_eq!(deliveries(&server, "hook").await, []);
    server.stop().await;
    attempts.is_empty();
}

#[tokio::test]
async fn a_parked_event_is_redelivered_on_request() {
    let script = |event, attempt| {
        ready(match (event, attempt) {
            (1, 1) => Err(permanent("never")),
            (1, 2) => Err(retry("not now")),
            _ => Ok(()),
        })
    };
    let (hook_of_it, mut attempts) = attempted("hook", script);
    let server = start(hook_of_it, LONG).await;
    happen(&server, &["one", "two"]).await;
    assert_eq!(attempts.next(2).await, [(1, 1), (2, 1)]);
    let parked = delivery(&server, "hook", 1, is(DeliveryState::Parked)).await;
    assert_eq!((parked.attempts, &*parked.reason), (1, "never"));

    // A temporary failure leads to no further attempts either, because only one was requested.
    redeliver(&server, "hook", Some(1)).await;
    assert_eq!(attempts.next(1).await, [(1, 2)]);
    let again = |record: &DeliveryRecord| record.attempts == 2;
    let parked = delivery(&server, "hook", 1, again).await;
    let record = (parked.state, &*parked.reason, parked.next_at);
    assert_eq!(record, (DeliveryState::Parked, "not now", None));
    assert_eq!(hook(&server, "hook", |hook| hook.lag == 0).await.parked, 1);

    redeliver(&server, "hook", None).await;
    assert_eq!(attempts.next(1).await, [(1, 3)]);
    let record = delivery(&server, "hook", 1, is(DeliveryState::Delivered)).await;
    assert_eq!(record.attempts, 3);
    let hook = hook(&server, "hook", |hook| hook.parked == 0).await;
    assert_eq!(
        (hook.cursor.as_u64(), hook.lag),
        (2, 0),
        "it stays where it was"
    );
    happen(&server, &["three"]).await;
    assert_eq!(attempts.next(1).await, [(3, 1)]);
}

#[tokio::test]
async fn all_parked_events_are_redelivered_in_order() {
    let script = |_, attempt| {
        ready(if attempt == 1 {
            Err(permanent("no"))
        } else {
            Ok(())
        })
    };
    let (hook_of_it, mut attempts) = attempted("hook", script);
    let server = start(hook_of_it, LONG).await;
    happen(&server, &["one", "two", "three"]).await;
    assert_eq!(attempts.next(3).await, [(1, 1), (2, 1), (3, 1)]);
    hook(&server, "hook", |hook| hook.parked == 3).await;
    assert_eq!(redeliver(&server, "hook", None).await, 3);
    assert_eq!(attempts.next(3).await, [(1, 2), (2, 2), (3, 2)]);
    hook(&server, "hook", |hook| hook.parked == 0).await;
    attempts.is_empty();
}

#[tokio::test]
async fn a_requested_wait_is_respected() {
    let least = Duration::from_millis(60);
    // The hook reads the clock itself, so the time between two calls is exact however late this
    // test notices them.
    let (calls, mut called) = unbounded_channel();
    let script = move |_, attempt| {
        calls.send(Instant::now()).unwrap();
        ready(match attempt {
            1 => Err(HookError::RetryAfter("busy".to_owned(), least)),
            _ => Err(HookError::RetryAfter("very busy".to_owned(), 2 * HOUR)),
        })
    };
    let (hook, _attempts) = attempted("hook", script);
    let server = start(hook, FAST).await;
    happen(&server, &["one"]).await;
    let first = in_time("a call", called.recv()).await.unwrap();
    let second = in_time("a call", called.recv()).await.unwrap();
    assert!(second - first >= least, "{:?}", second - first);
    let very = |record: &DeliveryRecord| record.attempts == 2;
    let record = delivery(&server, "hook", 1, very).await;
    let expected = server.clock.now().after(2 * HOUR);
    assert_eq!(
        (&*record.reason, record.next_at),
        ("very busy", Some(expected))
    );
}

#[tokio::test]
async fn requested_waits_do_not_extend_the_number_of_attempts() {
    let least = Duration::from_millis(1);
    let error = HookError::RetryAfter("busy".to_owned(), least);
    let (hook, mut attempts) = failing("hook", 1, error);
    let server = start(hook, FAST).await;
    happen(&server, &["one", "two"]).await;
    let all = [(1, 1), (1, 2), (1, 3), (2, 1)];
    assert_eq!(attempts.next(4).await, all);
    delivery(&server, "hook", 1, is(DeliveryState::Parked)).await;
}

/// A server at `path` by this clock, with these hooks.
async fn start_at(
    path: &Path,
    clock: &Arc<crate::support::ManualClock>,
    hooks: [Arc<dyn PostCreateHook>; 2],
) -> TestServer {
    let mut setup = Setup::at(path).pace(LONG);
    setup.clock = clock.clone();
    let [one, other] = hooks;
    setup.hook(one).hook(other).start().await
}

#[tokio::test]
async fn wait_and_attempts_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = crate::support::ManualClock::new();
    let (bad, mut to_bad) = failing("bad", 1, retry("not now"));
    let (sound, mut to_sound) = taking("sound");
    let hooks = || [bad.clone(), sound.clone()];
    let server = start_at(folder.path(), &clock, hooks()).await;
    happen(&server, &["one"]).await;
    assert_eq!(to_bad.next(1).await, [(1, 1)]);
    let before = delivery(&server, "bad", 1, |_| true).await;
    server.stop().await;

    // Half of the wait is over. It neither starts again nor is it shortened.
    clock.advance(HOUR / 2);
    let server = start_at(folder.path(), &clock, hooks()).await;
    happen(&server, &["two"]).await;
    assert_eq!(to_sound.next(2).await, [(1, 1), (2, 1)]);
    assert_eq!(
        deliveries(&server, "bad").await,
        std::slice::from_ref(&before)
    );
    server.stop().await;
    to_bad.is_empty();

    // It ended while no server was running.
    clock.advance(HOUR);
    let server = start_at(folder.path(), &clock, hooks()).await;
    assert_eq!(to_bad.next(1).await, [(1, 2)]);
    let twice = |record: &DeliveryRecord| record.attempts == 2;
    let after = delivery(&server, "bad", 1, twice).await;
    assert!(after.next_at > before.next_at);
    server.stop().await;

    // There are two more attempts, however often the server is started.
    for attempt in 3..=4 {
        clock.advance(2 * HOUR);
        let server = start_at(folder.path(), &clock, hooks()).await;
        assert_eq!(to_bad.next(1).await, [(1, attempt)]);
        server.stop().await;
    }
    let server = start_at(folder.path(), &clock, hooks()).await;
    assert_eq!(to_bad.next(1).await, [(2, 1)]);
    let parked = delivery(&server, "bad", 1, is(DeliveryState::Parked)).await;
    assert_eq!((parked.attempts, &*parked.reason), (4, "not now"));
}

#[tokio::test]
async fn a_start_with_an_earlier_clock_extends_no_wait() {
    const SOON: Pace = Pace {
        waits: &[Duration::from_millis(1); 3],
        ..LONG
    };
    let folder = tempfile::tempdir().unwrap();
    let clock = crate::support::ManualClock::new();
    let start = async |hook| {
        let mut setup = Setup::at(folder.path()).pace(SOON).hook(hook);
        setup.clock = clock.clone();
        setup.start().await
    };
    let (bad, mut attempts) = attempted("hook", |_, attempt| async move {
        match attempt {
            1 => Err(retry("not now")),
            _ => pending().await,
        }
    });
    let server = start(bad).await;
    happen(&server, &["one"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    delivery(&server, "hook", 1, is(DeliveryState::Retrying)).await;
    server.stop().await;

    clock.set(Timestamp::from_millis(0));
    let (sound, mut attempts) = taking("hook");
    let server = start(sound).await;
    assert_eq!(attempts.next(1).await, [(1, 2)]);
    hook(&server, "hook", |hook| hook.lag == 0).await;
}
