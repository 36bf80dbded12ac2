//! Old events are deleted once every running hook has received them, and what readers of events
//! then get.

use crate::support::attempts::{Attempts, LONG, attempted, happen, hook, switch, taking, until};
use crate::support::event_stream::{EventStream, StreamEvent};
use crate::support::scripted::FAST;
use crate::support::{Setup, TestServer};
use doorsign::app::Clock;
use doorsign::domain::EventId;
use doorsign::store::position;
use doorsign_hook::PostCreateHook;
use futures_util::future::FutureExt;
use serde_json::json;
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A hook that accepts everything before `event` and never returns from that one.
fn stuck_at(event: u64) -> (Arc<dyn PostCreateHook>, Attempts) {
    attempted("stuck", move |next, _| {
        if next < event {
            ready(Ok(())).boxed()
        } else {
            pending().boxed()
        }
    })
}

/// The positions of all events that there are.
async fn left(server: &TestServer) -> Vec<u64> {
    let events = server
        .app
        .store
        .events_after(EventId::new(0), usize::MAX)
        .await;
    let events = events.unwrap();
    events
        .iter()
        .map(|event| position(event).as_u64())
        .collect()
}

/// Passes when there are these events in the end.
async fn are_left(server: &TestServer, expected: &[u64]) {
    let look = async || (left(server).await == expected).then_some(());
    until("old events to be deleted", look).await;
}

async fn start(hooks: Vec<Arc<dyn PostCreateHook>>) -> TestServer {
    let mut setup = Setup::new().pace(LONG);
    setup.hooks = hooks;
    setup.start().await
}

#[tokio::test]
async fn delivered_events_are_deleted_after_thirty_days_except_the_newest() {
    let (sound, _) = taking("hook");
    let server = start(vec![sound]).await;
    happen(&server, &["one", "two"]).await;
    server.clock.advance(10 * DAY);
    happen(&server, &["three", "four"]).await;
    hook(&server, "hook", |hook| hook.lag == 0).await;
    // At exactly thirty days no event is old enough. A deletion now shows that the job has run.
    server.clock.advance(20 * DAY + Duration::from_millis(1));
    are_left(&server, &[3, 4]).await;
    server.clock.advance(30 * DAY);
    are_left(&server, &[4]).await;
    happen(&server, &["five"]).await;
    assert_eq!(left(&server).await, [4, 5]);
}

#[tokio::test]
async fn more_events_than_a_batch_are_all_deleted() {
    let server = start(vec![]).await;
    let admin = server.admin().await;
    for n in 0..300 {
        admin.create(&format!("status {n}")).await.expect(200);
    }
    server.clock.advance(31 * DAY);
    are_left(&server, &[300]).await;
}

#[tokio::test]
async fn a_lagging_hook_keeps_its_undelivered_events_until_it_is_paused() {
    let ((stuck, mut attempts), (sound, _)) = (stuck_at(3), taking("sound"));
    let server = start(vec![stuck, sound]).await;
    happen(&server, &["one", "two", "three", "four", "five"]).await;
    assert_eq!(attempts.next(3).await, [(1, 1), (2, 1), (3, 1)]);
    hook(&server, "stuck", |hook| hook.cursor == EventId::new(2)).await;
    server.clock.advance(31 * DAY);
    // All deletable events are deleted at once.
    are_left(&server, &[3, 4, 5]).await;
    switch(&server, "stuck", false).await;
    server.clock.advance(DAY);
    are_left(&server, &[5]).await;
}

#[tokio::test]
async fn a_replay_whose_events_are_all_deleted_ends_and_newer_events_follow() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, mut attempts) = taking("hook");
    let live = || {
        Setup::at(folder.path())
            .pace(LONG)
            .hook(sound.clone())
            .start()
    };
    let server = live().await;
    let began = server.clock.now();
    happen(&server, &["one", "two"]).await;
    attempts.next(2).await;
    hook(&server, "hook", |hook| hook.lag == 0).await;
    switch(&server, "hook", false).await;
    let operator = crate::support::operator();
    let replay = server
        .app
        .store
        .replay("hook", began, began.after(DAY), operator);
    assert_eq!(replay.await.unwrap(), 2);
    server.stop().await;
    // A started server has no event in memory.
    let server = live().await;
    server.clock.advance(31 * DAY);
    are_left(&server, &[2]).await;
    happen(&server, &["three"]).await;
    server.clock.advance(DAY);
    are_left(&server, &[3]).await;
    switch(&server, "hook", true).await;
    assert_eq!(attempts.next(1).await, [(3, 1)]);
    hook(&server, "hook", |hook| hook.lag == 0).await;
}

#[tokio::test]
async fn a_hook_removed_from_the_settings_is_missing_and_keeps_no_events() {
    let folder = tempfile::tempdir().unwrap();
    let (stuck, _) = stuck_at(1);
    let server = Setup::at(folder.path())
        .pace(LONG)
        .hook(stuck)
        .start()
        .await;
    happen(&server, &["one", "two", "three"]).await;
    server.stop().await;
    let server = Setup::at(folder.path()).pace(FAST).start().await;
    let missing = hook(&server, "stuck", |hook| hook.missing.is_some()).await;
    assert_eq!(missing.missing.as_deref(), Some("it no longer exists"));
    assert_eq!(
        (missing.cursor.as_u64(), missing.lag, missing.off),
        (0, 3, None)
    );
    server.clock.advance(31 * DAY);
    are_left(&server, &[3]).await;
    server.stop().await;

    // It returns and receives the remaining events.
    let (sound, mut attempts) = taking("stuck");
    let server = Setup::at(folder.path())
        .pace(FAST)
        .hook(sound)
        .start()
        .await;
    assert_eq!(attempts.next(1).await, [(3, 1)]);
    let back = hook(&server, "stuck", |hook| hook.lag == 0).await;
    assert_eq!(back.missing, None);
}

#[tokio::test]
async fn nothing_is_deleted_with_retention_disabled() {
    let server = Setup::new()
        .config(|config| config.event_retention_days = 0)
        .start()
        .await;
    happen(&server, &["one", "two"]).await;
    server.clock.advance(4000 * DAY);
    happen(&server, &["three"]).await;
    assert_eq!(left(&server).await, [1, 2, 3]);
}

#[tokio::test]
async fn readers_of_deleted_events_are_asked_to_reload() {
    let server = start(vec![]).await;
    let ann = server.user("ann").await;
    happen(&server, &["one", "two", "three"]).await;
    let newest = server.app.store.committed().borrow().as_u64();
    let mut reader = EventStream::after(&server, &ann, Some(newest)).await;
    server.clock.advance(31 * DAY);
    are_left(&server, &[newest]).await;
    let reload = json!({"events": [], "position": newest, "reload": true, "success": true});
    for gone in [0, newest - 2] {
        let page = ann.get(&format!("events?since={gone}&timeout=0")).await;
        assert_eq!(page.expect(200).json(), reload, "{gone}");
        let mut stream = EventStream::after(&server, &ann, Some(gone)).await;
        let event = StreamEvent {
            id: Some(newest),
            kind: "reload".to_owned(),
            data: json!({}),
        };
        assert_eq!(stream.next().await, Some(event), "{gone}");
    }
    // A reader that received everything continues as usual.
    happen(&server, &["four"]).await;
    let event = reader.next().await.unwrap();
    let expected = (Some(newest + 1), "custom_user_status.created");
    assert_eq!((event.id, &*event.kind), expected);
}
