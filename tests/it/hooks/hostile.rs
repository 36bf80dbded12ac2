//! Hooks that mean ill, each of its kind, in one server: what is created meanwhile is answered, others are told, and what went wrong is
//! on record. Compiled-in hooks alone are in `trouble`.

use crate::support::attempts::{Attempts, LONG, delivery, happen, hook, taking, until};
use crate::support::hook_folder::{Folders, missing, runs};
use crate::support::scripted::scripted;
use crate::support::{PATIENCE, TestServer, in_time};
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

/// Passes when creates are answered, and the sound hook is told of them, while the others do their worst.
async fn others_are_served(server: &TestServer, to_sound: &mut Attempts) {
    for event in 1..=5 {
        happen(server, &[&format!("status {event}")]).await;
        assert_eq!(to_sound.next(1).await, [(event, 1)]);
    }
}

/// What became of the first event, once it is given up.
async fn given_up(server: &TestServer, name: &str) -> DeliveryRecord {
    let is_parked = |record: &DeliveryRecord| record.state == DeliveryState::Parked;
    delivery(server, name, 1, is_parked).await
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_and_harms_nobody() {
    let folders = Folders::new();
    folders.program("hangs", "echo before; sleep 1000");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let told = delivery(&server, "exec-hangs", 1, |_| true).await;
    let expected = (
        DeliveryState::Retrying,
        "not finished within 1s",
        "before\n",
    );
    assert_eq!((told.state, &*told.reason, &*told.notes), expected);
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn a_program_that_prints_without_end_is_ended_and_the_beginning_is_kept() {
    let folders = Folders::new();
    folders.program("prints", "exec yes");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let told = delivery(&server, "exec-prints", 1, |_| true).await;
    assert_eq!(told.reason, "not finished within 1s");
    assert!(told.notes.starts_with("y\ny\n"), "{told:?}");
    assert!(told.notes.len() < 5000, "{} bytes", told.notes.len());
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn a_program_that_refuses_is_told_with_its_exit_code_and_what_it_said() {
    let folders = Folders::new();
    folders.program("refuses", "echo 'not with me' >&2; exit 3");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let told = given_up(&server, "exec-refuses").await;
    let told = (&*told.reason, &*told.notes, told.next_at);
    assert_eq!(told, ("exit code 3", "not with me\n", None));
    hook(&server, "exec-refuses", |hook| hook.parked == 5).await;
}

#[tokio::test]
async fn a_module_that_loops_is_ended_and_harms_nobody() {
    let folders = Folders::new();
    folders.module("loops.wasm", "", "(loop $again (br $again))");
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let told = delivery(&server, "wasm-loops", 1, |_| true).await;
    // Whichever comes first on this machine.
    let is_ended =
        told.reason == "not finished within 1s" || told.reason.contains("ran out of fuel");
    assert!(is_ended, "{told:?}");
    in_time("the stop", server.stop()).await;
}

#[tokio::test]
async fn a_module_that_takes_all_memory_it_can_get_is_held_to_its_share() {
    let folders = Folders::new();
    let grow = "(loop $again (br_if $again (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0)))) unreachable";
    folders.module("grows.wasm", "", grow);
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let told = given_up(&server, "wasm-grows").await;
    assert!(told.reason.starts_with("trap: "), "{told:?}");
}

#[tokio::test]
async fn a_module_that_logs_without_end_is_kept_short() {
    let folders = Folders::new();
    // With some work in between, since time is looked at by the work that is done, and an unoptimised server is slow at being called.
    let log = "(local $n i32) (loop $again (call $log (i32.const 0) (i32.const 400)) (local.set $n (i32.const 1000))
        (loop $work (br_if $work (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (br $again))";
    folders.module("logs.wasm", &"ding ".repeat(80), log);
    let (server, mut to_sound) = start(&folders, vec![], LONG).await;
    others_are_served(&server, &mut to_sound).await;
    let told = delivery(&server, "wasm-logs", 1, |_| true).await;
    assert!(told.notes.starts_with("ding ding "), "{told:?}");
    assert!(told.notes.len() < 5000, "{} bytes", told.notes.len());
}

#[tokio::test]
async fn hooks_that_hang_block_and_panic_are_on_record_and_others_are_told() {
    let (hangs, _) = scripted("hangs", |_| pending());
    let (panics, _) = scripted("panics", |_| async { panic!("on purpose") });
    let (release, held) = channel::<()>();
    let held = std::sync::Mutex::new(held);
    let (blocks, _) = scripted("blocks", move |_| {
        // Not for ever, so that a server which is blocked with it fails the test and does not hang it.
        let _ = held.lock().unwrap().recv_timeout(2 * PATIENCE);
        std::future::ready(Ok(()))
    });
    let folders = Folders::new();
    let (server, mut to_sound) = start(&folders, vec![hangs, panics, blocks], SHORT).await;
    others_are_served(&server, &mut to_sound).await;
    for (name, reason) in [
        ("hangs", "it took longer than 1s"),
        ("panics", "it panicked"),
    ] {
        let told = given_up(&server, name).await;
        assert_eq!((told.attempts, &*told.reason), (2, reason), "{name}");
    }
    // Nobody can end this one. It is not called a second time as long as the first call lasts.
    let told = delivery(&server, "blocks", 1, |_| true).await;
    let told = (told.state, told.attempts, &*told.reason);
    let expected = (DeliveryState::Retrying, 1, "it took longer than 1s");
    assert_eq!(told, expected);
    in_time("the stop", server.stop()).await;
    drop(release);
}

#[tokio::test]
async fn all_of_them_together_hold_up_neither_creates_nor_each_other() {
    let folders = Folders::new();
    folders.program("hangs", "sleep 1000");
    folders.program("prints", "exec yes");
    folders.program("sound", r#"cat >> "$told""#);
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
    assert_eq!(folders.told(5).await.len(), 5);
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
