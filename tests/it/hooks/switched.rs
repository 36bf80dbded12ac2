//! Hooks that are paused or disabled, and how soon their cursors are saved.

use crate::support::attempts::{
    Attempts, LONG, attempted, deliveries, delivery, failing, happen, hook, redeliver, retry,
    switch, taking,
};
use crate::support::{Setup, TestServer};
use doorsign::domain::{DeliveryState, EventId};
use doorsign_hook::{HookError, PostCreateHook};
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;

/// A server with this hook, and with another one that takes everything.
async fn start(hook: Arc<dyn PostCreateHook>) -> (TestServer, Attempts) {
    let (sound, to_sound) = taking("sound");
    let setup = Setup::new().pace(LONG).hook(hook).hook(sound);
    (setup.start().await, to_sound)
}

/// Passes when the other hook has received these events, so that they could have reached every
/// hook.
async fn all_received(sound: &mut Attempts, events: std::ops::RangeInclusive<u64>) {
    for event in events {
        assert_eq!(sound.next(1).await, [(event, 1)]);
    }
}

#[tokio::test]
async fn a_paused_hook_receives_nothing_and_later_everything_in_order() {
    let (paused, mut attempts) = taking("hook");
    let (server, mut to_sound) = start(paused).await;
    happen(&server, &["one"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    switch(&server, "hook", false).await;
    happen(&server, &["two", "three", "four"]).await;
    all_received(&mut to_sound, 1..=4).await;
    let off = hook(&server, "hook", |_| true).await;
    assert_eq!((off.off.as_deref(), off.lag), (Some("paused"), 3));
    attempts.is_empty();
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(3).await, [(2, 1), (3, 1), (4, 1)]);
    let on = hook(&server, "hook", |hook| hook.lag == 0).await;
    assert_eq!(on.off, None);
    server.stop().await;
    attempts.is_empty();
}

#[tokio::test]
async fn a_pause_lasts_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (paused, mut attempts) = taking("hook");
    let (sound, mut to_sound) = taking("sound");
    let again = || {
        Setup::at(folder.path())
            .pace(LONG)
            .hook(paused.clone())
            .hook(sound.clone())
    };
    let server = again().start().await;
    switch(&server, "hook", false).await;
    server.stop().await;
    let server = again().start().await;
    happen(&server, &["one"]).await;
    all_received(&mut to_sound, 1..=1).await;
    server.stop().await;
    attempts.is_empty();
    let server = again().start().await;
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
}

#[tokio::test]
async fn a_pause_lets_the_current_delivery_end_and_starts_no_other() {
    let gate = Arc::new(Semaphore::new(0));
    let closed = gate.clone();
    let script = move |_, _| {
        let gate = closed.clone();
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    };
    let (slow, mut attempts) = attempted("hook", script);
    let (server, _) = start(slow).await;
    happen(&server, &["one", "two", "three"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    switch(&server, "hook", false).await;
    gate.add_permits(3);
    hook(&server, "hook", |hook| hook.cursor.as_u64() == 1).await;
    attempts.is_empty();
    switch(&server, "hook", true).await;
    assert_eq!(
        attempts.next(2).await,
        [(2, 1), (3, 1)],
        "and the first not again"
    );
}

#[tokio::test]
async fn attempts_start_again_at_one_when_a_hook_is_resumed() {
    let (bad, mut attempts) = failing("hook", 1, retry("not now"));
    let (server, _) = start(bad).await;
    happen(&server, &["one"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    delivery(&server, "hook", 1, |_| true).await;
    assert_eq!(redeliver(&server, "hook", None).await, 1);
    assert_eq!(attempts.next(1).await, [(1, 2)]);
    delivery(&server, "hook", 1, |record| record.attempts == 2).await;
    switch(&server, "hook", false).await;
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(1).await, [(1, 1)], "without a wait");
    delivery(&server, "hook", 1, |record| record.attempts == 1).await;
    attempts.is_empty();
}

#[tokio::test]
async fn a_hook_whose_receiver_is_gone_is_disabled_and_keeps_its_cursor() {
    let is_gone = Arc::new(AtomicBool::new(true));
    let answer = is_gone.clone();
    let script = move |event, _| {
        let is_gone = event == 2 && answer.load(Ordering::SeqCst);
        let gone = HookError::Gone("unknown recipient".to_owned());
        ready(if is_gone { Err(gone) } else { Ok(()) })
    };
    let (gone, mut attempts) = attempted("hook", script);
    let (server, mut to_sound) = start(gone).await;
    happen(&server, &["one", "two", "three"]).await;
    assert_eq!(attempts.next(2).await, [(1, 1), (2, 1)]);
    let off = hook(&server, "hook", |hook| hook.off.is_some()).await;
    assert_eq!(off.off.as_deref(), Some("unknown recipient"));
    assert_eq!(
        (off.cursor.as_u64(), off.parked),
        (1, 0),
        "nothing is given up"
    );
    let records = deliveries(&server, "hook").await;
    let record = (
        records[0].event.as_u64(),
        &*records[0].reason,
        records[0].next_at,
    );
    assert_eq!(record, (2, "unknown recipient", None));
    all_received(&mut to_sound, 1..=3).await;
    attempts.is_empty();

    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(1).await, [(2, 1)], "still gone");
    hook(&server, "hook", |hook| hook.off.is_some()).await;
    is_gone.store(false, Ordering::SeqCst);
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(2).await, [(2, 1), (3, 1)]);
    hook(&server, "hook", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn the_cursor_is_saved_while_the_next_delivery_runs() {
    let script = |event, _| async move {
        match event {
            1 | 2 => Ok(()),
            _ => pending().await,
        }
    };
    let (slow, mut attempts) = attempted("hook", script);
    let (server, _) = start(slow).await;
    happen(&server, &["one", "two", "three", "four"]).await;
    assert_eq!(attempts.next(3).await, [(1, 1), (2, 1), (3, 1)]);
    let hook = hook(&server, "hook", |hook| hook.cursor == EventId::new(2)).await;
    assert_eq!(hook.lag, 2);
}

#[tokio::test]
async fn a_late_success_is_recorded_while_the_next_delivery_runs() {
    let script = |event, attempt| async move {
        match (event, attempt) {
            (1, 1) => Err(retry("not now")),
            (1, _) => Ok(()),
            _ => pending().await,
        }
    };
    let (slow, mut attempts) = attempted("hook", script);
    let (server, _) = start(slow).await;
    happen(&server, &["one", "two"]).await;
    delivery(&server, "hook", 1, |_| true).await;
    redeliver(&server, "hook", None).await;
    assert_eq!(attempts.next(3).await, [(1, 1), (1, 2), (2, 1)]);
    let delivered =
        |record: &doorsign::domain::DeliveryRecord| record.state == DeliveryState::Delivered;
    delivery(&server, "hook", 1, delivered).await;
}
