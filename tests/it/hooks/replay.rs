//! Replays: a hook receives the events of a span again and then continues, across stops and crashes
//! of the server.

use crate::support::attempts::{
    Attempts, LONG, attempted, delivery, happen, hook, permanent, redeliver, retry, switch, taking,
};
use crate::support::{ManualClock, Setup, TestServer};
use doorsign::app::Clock;
use doorsign::domain::{DeliveryState, EventId, Timestamp};
use doorsign_hook::PostCreateHook;
use futures_util::future::FutureExt;
use std::future::{pending, ready};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

const SECOND: Duration = Duration::from_secs(1);

/// When the first thing happens.
fn first() -> Timestamp {
    ManualClock::new().now().after(SECOND)
}

/// That many seconds after the first.
fn later(seconds: u32) -> Timestamp {
    first().after(SECOND * seconds)
}

/// Lets one thing happen in each second.
async fn each_second(server: &TestServer, names: &[&str]) {
    for name in names {
        server.clock.advance(SECOND);
        happen(server, &[name]).await;
    }
}

async fn replay(server: &TestServer, since: Timestamp, until: Timestamp) -> u64 {
    let replayed = server
        .app
        .store
        .replay("hook", since, until, crate::support::operator())
        .await;
    replayed.unwrap()
}

async fn start(hook: Arc<dyn PostCreateHook>) -> TestServer {
    Setup::new().pace(LONG).hook(hook).start().await
}

/// A server whose hook has received events of these names. Only events known to be delivered are
/// replayed.
async fn start_with(
    replayed: Arc<dyn PostCreateHook>,
    attempts: &mut Attempts,
    names: &[&str],
) -> TestServer {
    let server = start(replayed).await;
    each_second(&server, names).await;
    attempts.next(names.len()).await;
    hook(&server, "hook", |hook| hook.lag == 0).await;
    server
}

#[tokio::test]
async fn a_replay_delivers_its_span_in_order_and_then_newer_events() {
    let (gate, is_closed) = (
        Arc::new(Semaphore::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (pass, closed) = (gate.clone(), is_closed.clone());
    let script = move |_, _| {
        let (gate, is_closed) = (pass.clone(), closed.load(Ordering::SeqCst));
        async move {
            if is_closed {
                gate.acquire().await.unwrap().forget();
            }
            Ok(())
        }
    };
    let (slow, mut attempts) = attempted("hook", script);
    let server = start(slow).await;
    each_second(&server, &["one", "two", "three", "four"]).await;
    assert_eq!(attempts.next(4).await, [(1, 1), (2, 1), (3, 1), (4, 1)]);
    hook(&server, "hook", |hook| hook.lag == 0).await;

    is_closed.store(true, Ordering::SeqCst);
    assert_eq!(replay(&server, later(1), later(3)).await, 2);
    assert_eq!(attempts.next(1).await, [(2, 1)]);
    let during = hook(&server, "hook", |_| true).await;
    assert_eq!(during.replay, Some((EventId::new(2), EventId::new(3))));
    each_second(&server, &["five", "six"]).await;
    attempts.is_empty();
    gate.add_permits(10);
    assert_eq!(attempts.next(3).await, [(3, 1), (5, 1), (6, 1)]);
    let after = hook(&server, "hook", |hook| hook.lag == 0).await;
    assert_eq!(after.replay, None);
    server.stop().await;
    attempts.is_empty();
}

#[tokio::test]
async fn a_replay_up_to_now_is_delivered_once_and_ends() {
    let (replayed, mut attempts) = taking("hook");
    let server = start_with(replayed, &mut attempts, &["one", "two", "three"]).await;
    let far = Timestamp::from_millis(i64::MAX);
    for _ in 0..2 {
        assert_eq!(replay(&server, later(1), far).await, 2);
        assert_eq!(attempts.next(2).await, [(2, 1), (3, 1)]);
        hook(&server, "hook", |hook| hook.replay.is_none()).await;
    }
    assert_eq!(replay(&server, later(5), far).await, 0);
    each_second(&server, &["four"]).await;
    assert_eq!(attempts.next(1).await, [(4, 1)]);
    server.stop().await;
    attempts.is_empty();
}

#[tokio::test]
async fn failures_in_a_replay_are_parked_and_retried_as_usual() {
    let is_bad = Arc::new(AtomicBool::new(false));
    let bad = is_bad.clone();
    let script = move |event, attempt| {
        ready(match (event, attempt) {
            _ if !bad.load(Ordering::SeqCst) => Ok(()),
            (1, _) => Err(permanent("never")),
            (2, 1) => Err(retry("not now")),
            _ => Ok(()),
        })
    };
    let (replayed, mut attempts) = attempted("hook", script);
    let server = start_with(replayed, &mut attempts, &["one", "two", "three"]).await;
    is_bad.store(true, Ordering::SeqCst);
    replay(&server, first(), later(2)).await;
    assert_eq!(attempts.next(2).await, [(1, 1), (2, 1)]);
    let is = |state| move |record: &doorsign::domain::DeliveryRecord| record.state == state;
    delivery(&server, "hook", 1, is(DeliveryState::Parked)).await;
    delivery(&server, "hook", 2, is(DeliveryState::Retrying)).await;
    each_second(&server, &["four"]).await;
    attempts.is_empty();
    redeliver(&server, "hook", Some(2)).await;
    assert_eq!(attempts.next(2).await, [(2, 2), (4, 1)]);
    let after = hook(&server, "hook", |hook| hook.lag == 0).await;
    assert_eq!((after.replay, after.parked), (None, 1));
}

#[tokio::test]
async fn a_retry_delayed_by_a_replay_keeps_its_wait_and_attempts() {
    let script = |event, attempt| {
        ready(if (event, attempt) == (3, 1) {
            Err(retry("not now"))
        } else {
            Ok(())
        })
    };
    let (replayed, mut attempts) = attempted("hook", script);
    let server = start(replayed).await;
    each_second(&server, &["one", "two", "three", "four"]).await;
    assert_eq!(attempts.next(3).await, [(1, 1), (2, 1), (3, 1)]);
    let before = delivery(&server, "hook", 3, |_| true).await;
    replay(&server, first(), later(2)).await;
    assert_eq!(attempts.next(2).await, [(1, 1), (2, 1)]);
    hook(&server, "hook", |hook| hook.replay.is_none()).await;
    let after = delivery(&server, "hook", 3, |_| true).await;
    assert_eq!(after, before);
    attempts.is_empty();
    redeliver(&server, "hook", None).await;
    assert_eq!(attempts.next(2).await, [(3, 2), (4, 1)]);
}

#[tokio::test]
async fn a_paused_hook_receives_a_replay_once_it_is_resumed() {
    let (replayed, mut attempts) = taking("hook");
    let server = start_with(replayed, &mut attempts, &["one", "two"]).await;
    switch(&server, "hook", false).await;
    replay(&server, first(), later(9)).await;
    each_second(&server, &["three"]).await;
    attempts.is_empty();
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(3).await, [(1, 1), (2, 1), (3, 1)]);
}

/// Runs a server at `path` with `hook` during `life`. It ends with a stop, or with a simulated
/// crash.
fn live(
    path: &Path,
    hook: Arc<dyn PostCreateHook>,
    stops: bool,
    life: impl AsyncFnOnce(&TestServer),
) {
    let runtime = crate::support::runtime();
    runtime.block_on(async {
        let server = Setup::at(path).pace(LONG).hook(hook).start().await;
        life(&server).await;
        if stops {
            server.stop().await;
        }
    });
}

#[test]
fn a_replay_continues_after_a_stop_and_after_a_crash() {
    for stops in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (sound, mut attempts) = taking("hook");
        live(folder.path(), sound, true, async |server| {
            each_second(server, &["one", "two", "three", "four"]).await;
            attempts.next(4).await;
        });
        // The first of the replay is taken, and the second is under way when the server ends.
        let script = |event, _| match event {
            2 => ready(Ok(())).boxed(),
            _ => pending().boxed(),
        };
        let (half, mut attempts) = attempted("hook", script);
        live(folder.path(), half, stops, async |server| {
            assert_eq!(replay(server, later(1), later(3)).await, 2);
            assert_eq!(attempts.next(2).await, [(2, 1), (3, 1)]);
            let is_saved = |hook: &doorsign::domain::Hook| hook.cursor == EventId::new(2);
            hook(server, "hook", is_saved).await;
            happen(server, &["five"]).await;
        });
        let (sound, mut attempts) = taking("hook");
        live(folder.path(), sound, true, async |server| {
            assert_eq!(attempts.next(2).await, [(3, 1), (5, 1)], "{stops}");
            hook(server, "hook", |hook| hook.lag == 0).await;
        });
        attempts.is_empty();
    }
}

#[test]
fn a_replay_ends_although_its_last_events_were_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, mut attempts) = taking("hook");
    live(folder.path(), sound, true, async |server| {
        each_second(server, &["one", "two", "three"]).await;
        attempts.next(3).await;
        hook(server, "hook", |hook| hook.lag == 0).await;
    });
    let (stuck, mut attempts) = attempted("hook", |_, _| pending());
    live(folder.path(), stuck, false, async |server| {
        assert_eq!(replay(server, later(1), later(3)).await, 2);
        assert_eq!(attempts.next(1).await, [(2, 1)]);
        happen(server, &["four"]).await;
        let deleted = server
            .database()
            .execute("DELETE FROM event WHERE id = 3", []);
        assert_eq!(deleted.unwrap(), 1);
    });
    let (sound, mut attempts) = taking("hook");
    live(folder.path(), sound, true, async |server| {
        assert_eq!(attempts.next(2).await, [(2, 1), (4, 1)]);
        hook(server, "hook", |hook| hook.replay.is_none()).await;
    });
    attempts.is_empty();
}

#[tokio::test]
async fn attempts_are_counted_as_usual_after_a_replay_replaced_another() {
    let is_bad = Arc::new(AtomicBool::new(false));
    let bad = is_bad.clone();
    let script = move |event, _| {
        ready(match event {
            3 if bad.load(Ordering::SeqCst) => Err(retry("not now")),
            4 => Err(retry("not now")),
            _ => Ok(()),
        })
    };
    let (replayed, mut attempts) = attempted("hook", script);
    let server = start_with(replayed, &mut attempts, &["one", "two", "three"]).await;
    is_bad.store(true, Ordering::SeqCst);
    replay(&server, later(2), later(9)).await;
    assert_eq!(attempts.next(1).await, [(3, 1)]);
    delivery(&server, "hook", 3, |_| true).await;
    replay(&server, first(), later(1)).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    hook(&server, "hook", |hook| hook.replay.is_none()).await;

    each_second(&server, &["four"]).await;
    assert_eq!(attempts.next(1).await, [(4, 1)]);
    for attempt in 2..=3 {
        delivery(&server, "hook", 4, |record| record.attempts == attempt - 1).await;
        assert_eq!(redeliver(&server, "hook", None).await, 1);
        assert_eq!(attempts.next(1).await, [(4, attempt)]);
    }
}
