//! Hooks that are off for a while, because somebody has paused them or because nobody is there to be told, and how soon it is known how
//! far each has come.

use crate::support::attempts::{
    Attempts, LONG, attempted, deliveries, delivery, failing, happen, hook, retry, switch, taking,
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

/// Passes when that many events have come to the other hook, and so had every chance to come to all.
async fn all_are_told(sound: &mut Attempts, events: std::ops::RangeInclusive<u64>) {
    for event in events {
        assert_eq!(sound.next(1).await, [(event, 1)]);
    }
}

#[tokio::test]
async fn a_paused_hook_is_told_nothing_and_afterwards_everything_in_order() {
    let (paused, mut attempts) = taking("hook");
    let (server, mut to_sound) = start(paused).await;
    happen(&server, &["one"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    switch(&server, "hook", false).await;
    happen(&server, &["two", "three", "four"]).await;
    all_are_told(&mut to_sound, 1..=4).await;
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
    all_are_told(&mut to_sound, 1..=1).await;
    server.stop().await;
    attempts.is_empty();
    let server = again().start().await;
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
}

#[tokio::test]
async fn what_is_under_way_when_a_hook_is_paused_ends_and_nothing_is_begun_after_it() {
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
async fn attempts_begin_anew_when_a_hook_is_switched_on_again() {
    let (bad, mut attempts) = failing("hook", 1, retry("not now"));
    let (server, _) = start(bad).await;
    happen(&server, &["one"]).await;
    assert_eq!(attempts.next(1).await, [(1, 1)]);
    delivery(&server, "hook", 1, |_| true).await;
    let all = server
        .app
        .store
        .retry_deliveries("hook", None, crate::support::operator())
        .await;
    assert_eq!(all.unwrap(), 1);
    assert_eq!(attempts.next(1).await, [(1, 2)]);
    delivery(&server, "hook", 1, |record| record.attempts == 2).await;
    switch(&server, "hook", false).await;
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(1).await, [(1, 1)], "without a wait");
    delivery(&server, "hook", 1, |record| record.attempts == 1).await;
    attempts.is_empty();
}

#[tokio::test]
async fn a_hook_that_nobody_is_behind_any_more_is_switched_off_and_keeps_its_place() {
    let is_gone = Arc::new(AtomicBool::new(true));
    let answer = is_gone.clone();
    let script = move |event, _| {
        let is_gone = event == 2 && answer.load(Ordering::SeqCst);
        let gone = HookError::Gone("nobody lives here".to_owned());
        ready(if is_gone { Err(gone) } else { Ok(()) })
    };
    let (gone, mut attempts) = attempted("hook", script);
    let (server, mut to_sound) = start(gone).await;
    happen(&server, &["one", "two", "three"]).await;
    assert_eq!(attempts.next(2).await, [(1, 1), (2, 1)]);
    let off = hook(&server, "hook", |hook| hook.off.is_some()).await;
    assert_eq!(off.off.as_deref(), Some("nobody lives here"));
    assert_eq!(
        (off.cursor.as_u64(), off.parked),
        (1, 0),
        "nothing is given up"
    );
    let told = deliveries(&server, "hook").await;
    let told = (told[0].event.as_u64(), &*told[0].reason, told[0].next_at);
    assert_eq!(told, (2, "nobody lives here", None));
    all_are_told(&mut to_sound, 1..=3).await;
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
async fn how_far_a_hook_is_is_known_while_it_is_busy_with_what_comes_next() {
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
async fn what_succeeds_at_last_is_told_while_the_hook_is_busy_with_what_comes_next() {
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
    server
        .app
        .store
        .retry_deliveries("hook", None, crate::support::operator())
        .await
        .unwrap();
    assert_eq!(attempts.next(3).await, [(1, 1), (1, 2), (2, 1)]);
    let delivered =
        |record: &doorsign::domain::DeliveryRecord| record.state == DeliveryState::Delivered;
    delivery(&server, "hook", 1, delivered).await;
}
