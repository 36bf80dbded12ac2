//! Hooks that are slow, stuck, panicking or failing: each affects only itself, and no event is
//! lost. `delivery` tests the rest.

use crate::support::scripted::{FAST, Given, parked, recording, scripted};
use crate::support::{Setup, TEST_TIMEOUT, TestServer, in_time};
use doorsign::hooks::delivery::Pace;
use doorsign_hook::{HookError, PostCreateHook};
use futures_util::future::{BoxFuture, FutureExt};
use std::future::{pending, ready};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::unbounded_channel;

type Script = Box<dyn Fn(usize) -> BoxFuture<'static, Result<(), HookError>> + Send + Sync>;

fn retry(reason: &str) -> Result<(), HookError> {
    Err(HookError::Retry(reason.to_owned()))
}

/// Takes one event for each permit of `gate`.
fn pass(gate: Arc<Semaphore>) -> BoxFuture<'static, Result<(), HookError>> {
    async move {
        gate.acquire().await.unwrap().forget();
        Ok(())
    }
    .boxed()
}

/// A server with `hook`, on a folder of its own.
async fn start(hook: Arc<dyn PostCreateHook>, pace: Pace) -> TestServer {
    Setup::new().pace(pace).hook(hook).start().await
}

/// Blocks the thread of the first call until the sender is dropped; later calls are taken.
fn blocking() -> (Script, Sender<()>) {
    let (release, held) = channel();
    let held = Mutex::new(held);
    let script: Script = Box::new(move |call| {
        if call == 1 {
            // Limited, so that a blocked server fails the test instead of hanging it.
            let _ = held.lock().unwrap().recv_timeout(2 * TEST_TIMEOUT);
        }
        ready(Ok(())).boxed()
    });
    (script, release)
}

/// With `script` as one hook, the other one gets everything and creates are answered.
async fn assert_affects_no_other_hook(script: Script) -> (TestServer, Given) {
    let (troubled, mut given) = scripted("troubled", script);
    let (sound, mut to_sound) = recording("sound");
    let setup = Setup::new().pace(FAST).hook(troubled).hook(sound);
    let server = setup.start().await;
    let admin = server.admin().await;
    admin.create("first").await.expect(200);
    assert_eq!(given.next().await.status.name, "first");
    for name in ["second", "third", "fourth"] {
        admin.create(name).await.expect(200);
    }
    let all = ["first", "second", "third", "fourth"];
    assert_eq!(to_sound.names(4).await, all);
    (server, given)
}

#[tokio::test]
async fn a_stuck_hook_delays_only_itself_and_does_not_keep_the_server_from_stopping() {
    let (server, mut given) = assert_affects_no_other_hook(Box::new(|_| pending().boxed())).await;
    given.is_empty();
    in_time("the stop, which waits for the hook", server.stop()).await;
}

#[tokio::test]
async fn a_hook_that_blocks_its_thread_delays_only_itself_and_does_not_keep_the_server_from_stopping()
 {
    let (script, _release) = blocking();
    let (server, mut given) = assert_affects_no_other_hook(script).await;
    given.is_empty();
    in_time("the stop, which waits for the hook", server.stop()).await;
}

#[tokio::test]
async fn a_slow_hook_delays_only_itself_and_receives_everything() {
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let script: Script = Box::new(move |_| pass(closed.clone()));
    let (_server, mut given) = assert_affects_no_other_hook(script).await;
    for name in ["second", "third", "fourth"] {
        given.is_empty();
        gate.add_permits(1);
        assert_eq!(given.names(1).await, [name], "one at a time");
    }
}

#[tokio::test]
async fn a_panicking_hook_affects_only_itself_and_its_panic_counts_as_a_retry() {
    let before_its_future: Script = Box::new(|_| panic!("before there is a future"));
    let inside: Script = Box::new(|_| async { panic!("inside the future") }.boxed());
    for script in [before_its_future, inside] {
        let (server, mut given) = assert_affects_no_other_hook(script).await;
        let again = ["first", "first", "second", "second", "second", "third"];
        assert_eq!(given.names(6).await, again);
        let parked = parked(&server);
        let (consumer, event, reason, attempts, _) = &parked[0];
        assert_eq!((&**consumer, *event, *attempts), ("troubled", 1, 3));
        assert_eq!(reason, "it panicked");
    }
}

#[tokio::test]
async fn a_retry_repeats_the_same_event_until_it_succeeds() {
    let script = |call| ready(if call == 2 { retry("not now") } else { Ok(()) });
    let (hook, mut given) = scripted("flaky", script);
    let server = start(hook, FAST).await;
    let admin = server.admin().await;
    for name in ["one", "two", "three"] {
        admin.create(name).await.expect(200);
    }
    assert_eq!(given.names(4).await, ["one", "two", "two", "three"]);
    assert_eq!(parked(&server), []);
    server.stop().await;
    given.is_empty();
}

#[tokio::test]
async fn retries_wait_longer_each_time() {
    const WAITS: [Duration; 3] = [
        Duration::from_millis(40),
        Duration::from_millis(80),
        Duration::from_millis(160),
    ];
    let pace = Pace {
        waits: &WAITS,
        ..FAST
    };
    // The hook reads the clock itself, so the time between two calls is exact however late this
    // test notices them.
    let (calls, mut called) = unbounded_channel();
    let script = move |_| {
        calls.send(Instant::now()).unwrap();
        ready(retry("not now"))
    };
    let (hook, _given) = scripted("refusing", script);
    let server = start(hook, pace).await;
    server.admin().await.create("one").await.expect(200);
    let mut last = in_time("a call", called.recv()).await.unwrap();
    for wait in WAITS {
        let next = in_time("a retry", called.recv()).await.unwrap();
        let waited = next - last;
        assert!(waited >= wait.mul_f64(0.9), "{waited:?}"); // Jitter takes away a tenth at most.
        last = next;
    }
}

#[tokio::test]
async fn a_permanent_failure_is_parked_with_its_reason_and_the_next_event_is_delivered() {
    // The first is held until the others are there, so that they come in one batch.
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let script = move |call| match call {
        1 => pass(closed.clone()),
        2 => ready(Err(HookError::Permanent("never\nthis one".to_owned()))).boxed(),
        _ => ready(Ok(())).boxed(),
    };
    let (hook, mut given) = scripted("picky", script);
    let server = start(hook, FAST).await;
    let admin = server.admin().await;
    server.clock.advance(Duration::from_secs(7));
    for name in ["one", "two", "three"] {
        admin.create(name).await.expect(200);
    }
    gate.add_permits(1);
    assert_eq!(given.names(3).await, ["one", "two", "three"]);
    let at = 1_767_225_607_000;
    let row = ("picky".to_owned(), 2, "never\nthis one".to_owned(), 1, at);
    assert_eq!(parked(&server), [row]);
}

#[tokio::test]
async fn an_event_that_fails_too_often_is_parked_with_its_last_reason() {
    let script = |call: usize| {
        ready(match call {
            1..=3 => retry(&format!("failure {call}")),
            _ => Ok(()),
        })
    };
    let (hook, mut given) = scripted("refusing", script);
    let server = start(hook, FAST).await;
    let admin = server.admin().await;
    admin.create("one").await.expect(200);
    admin.create("two").await.expect(200);
    assert_eq!(given.names(4).await, ["one", "one", "one", "two"]);
    let at = 1_767_225_600_000;
    let row = ("refusing".to_owned(), 1, "failure 3".to_owned(), 3, at);
    assert_eq!(parked(&server), [row]);
}

#[tokio::test]
async fn a_delivery_that_takes_too_long_is_dropped_and_retried() {
    let limit = Duration::from_millis(20);
    let script = |call| match call {
        1 => pending().boxed(),
        _ => ready(Ok(())).boxed(),
    };
    let (hook, mut given) = scripted("late", script);
    let server = start(hook, Pace { limit, ..FAST }).await;
    let admin = server.admin().await;
    admin.create("one").await.expect(200);
    admin.create("two").await.expect(200);
    assert_eq!(given.names(3).await, ["one", "one", "two"]);
    assert_eq!(parked(&server), []);
}

#[tokio::test]
async fn a_blocked_hook_is_not_called_again_until_it_returns_and_loses_no_attempt() {
    let limit = Duration::from_millis(20);
    let (script, release) = blocking();
    let (hook, mut given) = scripted("blocking", script);
    // Parks "one" after three limits and two waits: by then the other one has exceeded its limit,
    // too.
    let (stuck, mut to_stuck) = scripted("stuck", |_| pending());
    let setup = Setup::new().pace(Pace { limit, ..FAST });
    let server = setup.hook(hook).hook(stuck).start().await;
    let admin = server.admin().await;
    admin.create("one").await.expect(200);
    admin.create("two").await.expect(200);
    assert_eq!(given.names(1).await, ["one"]);
    while to_stuck.names(1).await != ["two"] {}
    to_stuck.names(2).await;
    given.is_empty();
    drop(release);
    assert_eq!(given.names(2).await, ["one", "two"]);
    let parked = parked(&server);
    assert!(parked.iter().all(|row| row.0 == "stuck"), "{parked:?}");
}

#[tokio::test]
async fn a_cursor_that_cannot_be_saved_repeats_no_delivery() {
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let (hook, mut given) = scripted("gated", move |_| pass(closed.clone()));
    let server = start(hook, FAST).await;
    let admin = server.admin().await;
    admin.create("one").await.expect(200);
    given.next().await;
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    gate.add_permits(1);
    // The writer takes its work in order: once the second has failed, saving the cursor has, too.
    for name in ["refused", "refused as well"] {
        admin.create(name).await.expect(503);
    }
    other.execute_batch("ROLLBACK").unwrap();
    gate.add_permits(10);
    admin.create("two").await.expect(200);
    assert_eq!(given.names(1).await, ["two"]);
    server.stop().await;
    given.is_empty();
}

#[tokio::test]
async fn an_unreadable_event_is_parked_and_delays_no_other() {
    let (hook, mut given) = recording("reader");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let at = || Setup::at(&data).pace(FAST);
    let server = at().hook(hook.clone()).start().await;
    server.stop().await;
    let server = at().start().await;
    let admin = server.admin().await;
    for name in ["one", "two", "three"] {
        admin.create(name).await.expect(200);
    }
    let spoilt = "UPDATE event SET payload = '{' WHERE id = (SELECT max(id) - 1 FROM event)";
    server.database().execute(spoilt, []).unwrap();
    server.stop().await;
    let server = at().hook(hook).start().await;
    assert_eq!(given.names(2).await, ["one", "three"]);
    let parked = parked(&server);
    assert!(
        parked[0].2.starts_with("cannot read the event: "),
        "{parked:?}"
    );
}
