//! Malicious hooks of each kind in one server: creates are answered, other hooks receive events,
//! and failures are recorded. `trouble` tests compiled-in hooks alone.

use crate::support::attempts::{Attempts, LONG, delivery, happen, hook, taking, until};
use crate::support::hook_folder::{Folders, missing, runs};
use crate::support::scripted::scripted;
use crate::support::{TEST_TIMEOUT, TestServer, in_time};
use doorsign::domain::{DeliveryRecord, DeliveryState, EventId};
use doorsign::hooks::delivery::Pace;
use doorsign_hook::PostCreateHook;
use std::future::pending;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// A second, which programs and modules have as well, and no attempt after the second.
const SHORT: Pace = Pace {
    limit: Duration::from_secs(1),
    waits: &[Duration::from_millis(1)],
};

/// A server on these folders with these hooks, and a sound one beside them.
async fn start(
    folders: &Folders,
    hooks: Vec<Arc<dyn PostCreateHook>>,
    pace: Pace,
) -> (TestServer, Attempts) {
    let (sound, to_sound) = taking("sound");
    let mut setup = folders.setup().pace(pace).hook(sound);
    setup.hooks.extend(hooks);
    (setup.start().await, to_sound)
}

/// Passes when creates are answered and the sound hook receives them while the others misbehave.
async fn others_are_served(server: &TestServer, to_sound: &mut Attempts) {
    for event in 1..=5 {
        happen(server, &[&format!("status {event}")]).await;
        assert_eq!(to_sound.next(1).await, [(event, 1)]);
    }
}

/// The record of the first event, once it is parked.
async fn parked(server: &TestServer, name: &str) -> DeliveryRecord {
    let is_parked = |record: &DeliveryRecord| record.state == DeliveryState::Parked;
    delivery(server, name, 1, is_parked).await
}

#[tokio::test]
async fn a_hanging_program_is_killed_and_delays_no_other_hook() {
    let folders = Folders::new();
    folders.program("hangs", "echo before; sleep 1000");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let record = delivery(&server, "exec-hangs", 1, |_| true).await;
    let expected = (
        DeliveryState::Retrying,
        "not finished within 1s",
        "before\n",
    );
    assert_eq!((record.state, &*record.reason, &*record.notes), expected);
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn endless_output_of_a_program_is_cut() {
    let folders = Folders::new();
    folders.program("prints", "exec yes");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let record = delivery(&server, "exec-prints", 1, |_| true).await;
    assert_eq!(record.reason, "not finished within 1s");
    assert!(record.notes.starts_with("y\ny\n"), "{record:?}");
    assert!(record.notes.len() < 5000, "{} bytes", record.notes.len());
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn a_failing_program_is_recorded_with_its_exit_code_and_output() {
    let folders = Folders::new();
    folders.program("refuses", "echo 'not with me' >&2; exit 3");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let record = parked(&server, "exec-refuses").await;
    let record = (&*record.reason, &*record.notes, record.next_at);
    assert_eq!(record, ("exit code 3", "not with me\n", None));
    hook(&server, "exec-refuses", |hook| hook.parked == 5).await;
}

#[tokio::test]
async fn a_looping_module_is_stopped_and_delays_no_other_hook() {
    let folders = Folders::new();
    folders.module("loops.wasm", "", "(loop $again (br $again))");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let record = delivery(&server, "wasm-loops", 1, |_| true).await;
    // Whichever comes first on this machine.
    let is_ended =
        record.reason == "not finished within 1s" || record.reason.contains("ran out of fuel");
    assert!(is_ended, "{record:?}");
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn a_module_cannot_exceed_its_memory_limit() {
    let folders = Folders::new();
    let grow = "(loop $again (br_if $again (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0)))) unreachable";
    folders.module("grows.wasm", "", grow);
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let record = parked(&server, "wasm-grows").await;
    assert!(record.reason.starts_with("trap: "), "{record:?}");
}

#[tokio::test]
async fn endless_log_output_of_a_module_is_cut() {
    let folders = Folders::new();
    // With some work in between: the time is checked by work done, and calls are slow in an
    // unoptimised server.
    let log = "(local $n i32) (loop $again (call $log (i32.const 0) (i32.const 400)) (local.set $n (i32.const 1000))
        (loop $work (br_if $work (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (br $again))";
    folders.module("logs.wasm", &"ding ".repeat(80), log);
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let record = delivery(&server, "wasm-logs", 1, |_| true).await;
    assert!(record.notes.starts_with("ding ding "), "{record:?}");
    assert!(record.notes.len() < 5000, "{} bytes", record.notes.len());
}

#[tokio::test]
async fn hanging_blocking_and_panicking_hooks_are_recorded_and_do_not_affect_others() {
    let (hangs, _) = scripted("hangs", |_| pending());
    let (panics, _) = scripted("panics", |_| async { panic!("on purpose") });
    let (release, held) = channel::<()>();
    let held = std::sync::Mutex::new(held);
    let (blocks, _) = scripted("blocks", move |_| {
        // Limited, so that a blocked server fails the test instead of hanging it.
        let _ = held.lock().unwrap().recv_timeout(2 * TEST_TIMEOUT);
        std::future::ready(Ok(()))
    });
    let folders = Folders::new();
    let (server, mut to_sound) = start(&folders, vec![hangs, panics, blocks], SHORT).await;
    others_are_served(&server, &mut to_sound).await;
    for (name, reason) in [
        ("hangs", "it took longer than 1s"),
        ("panics", "it panicked"),
    ] {
        let record = parked(&server, name).await;
        assert_eq!((record.attempts, &*record.reason), (2, reason), "{name}");
    }
    // Nothing can end this one. It is not called again while the first call lasts.
    let record = delivery(&server, "blocks", 1, |_| true).await;
    let record = (record.state, record.attempts, &*record.reason);
    let expected = (DeliveryState::Retrying, 1, "it took longer than 1s");
    assert_eq!(record, expected);
    in_time("the stop", server.stop()).await;
    drop(release);
}

#[tokio::test]
async fn all_of_them_together_delay_neither_creates_nor_each_other() {
    let folders = Folders::new();
    folders.program("hangs", "sleep 1000");
    folders.program("prints", "exec yes");
    folders.program("sound", r#"cat >> "$received""#);
    folders.module("loops.wasm", "", "(loop $again (br $again))");
    folders.noting_module("sound.wasm", "ding");
    folders.put("wasm", "broken.wasm", b"no module");
    let (hangs, _) = scripted("hangs", |_| pending());
    let (panics, _) = scripted("panics", |_| async { panic!("on purpose") });
    let (server, mut to_sound) = start(&folders, vec![hangs, panics], LONG).await;
    for name in ["exec-hangs", "exec-prints", "wasm-loops"] {
        runs(&server, name).await;
    }
    missing(&server, "wasm-broken").await;
    others_are_served(&server, &mut to_sound).await;
    assert_eq!(folders.received(5).await.len(), 5);
    for name in ["exec-sound", "wasm-sound"] {
        hook(&server, name, |hook| hook.lag == 0).await;
    }
    for name in ["exec-hangs", "exec-prints", "wasm-loops", "panics"] {
        let look = async || {
            let hooks = server.app.store.list_hooks().await.unwrap();
            let found = hooks.into_iter().find(|hook| hook.name == name);
            found.and_then(|hook| hook.last_failure)
        };
        let failure = until("a failure on record", look).await;
        assert!(failure.event >= EventId::new(1), "{name}");
    }
    in_time("the stop", server.stop()).await;
}
