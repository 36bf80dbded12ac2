//! Modules that exceed their limits.

mod support;

use std::time::{Duration, Instant};

use doorsign_hook::{HookError, HookSource, NOTES_MAX_BYTES};
use doorsign_wasm::Settings;
use support::{IMPORTS, Modules, deliver, delivery, doing, hook_of, roomy, run, with_imports};
use tokio::join;
use tokio::time::timeout;

/// A limit for modules that do not end.
const SHORT: Duration = Duration::from_millis(200);

/// An endless loop that does almost nothing.
const FOR_EVER: &str = "(loop (br 0))";

fn parked(reason: &str) -> Result<(), HookError> {
    Err(HookError::Permanent(reason.into()))
}

fn over_limit() -> Result<(), HookError> {
    Err(HookError::Retry(format!("not finished within {SHORT:?}")))
}

fn with_fuel(fuel: u64) -> Settings {
    Settings { fuel, ..roomy() }
}

/// Unlimited fuel and little time.
fn in_short() -> Settings {
    Settings {
        limit: SHORT,
        fuel: u64::MAX,
        ..Settings::default()
    }
}

#[tokio::test]
async fn a_module_that_runs_out_of_fuel_is_parked() {
    for fuel in [0, 1, 5_000, 3_000_000] {
        let (answer, _) = run(&doing(FOR_EVER), with_fuel(fuel)).await;
        assert_eq!(answer, parked(&format!("ran out of fuel, {fuel} units")));
    }
}

#[tokio::test]
async fn work_of_many_slices_completes() {
    let count = "(local $n i32)
        (loop $again
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 1000000))))
        (call $set_result (i32.const 75) (i32.const 0) (i32.const 0))";
    let (answer, _) = run(&doing(count), with_fuel(50_000_000)).await;
    assert_eq!(answer, Err(HookError::Retry("result 75".into())));
}

#[tokio::test]
async fn a_module_that_takes_too_long_is_retried_and_keeps_its_notes() {
    let log = "(call $log (i32.const 0) (i32.const 0))";
    let (answer, notes) = run(&doing(&format!("{log}{FOR_EVER}")), in_short()).await;
    assert_eq!((answer, notes.as_str()), (over_limit(), "\n"));
}

#[tokio::test]
async fn endless_calls_are_stopped() {
    let all = "(call $log (i32.const 0) (i32.const 65536))";
    let (answer, notes) = run(&doing(&format!("(loop {all} (br 0))")), in_short()).await;
    assert_eq!(answer, over_limit());
    assert!(notes.len() <= NOTES_MAX_BYTES + "…".len());
    assert!(notes.ends_with('…'));
}

#[tokio::test]
async fn a_trap_parks_the_event_with_its_name() {
    for (body, trap) in [
        ("unreachable", "wasm `unreachable` instruction executed"),
        (
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            "integer divide by zero",
        ),
        (
            "(drop (i32.load (i32.const 65533)))",
            "out of bounds memory access",
        ),
        (
            "(drop (call $event_read (i32.const 65536) (i32.const 0) (i32.const 1)))",
            "out of bounds memory access",
        ),
        (
            "(drop (call $event_read (i32.const 0) (i32.const 0) (i32.const 65537)))",
            "out of bounds memory access",
        ),
        (
            "(call $log (i32.const -1) (i32.const 2))",
            "out of bounds memory access",
        ),
        (
            "(call $log (i32.const 0) (i32.const -1))",
            "out of bounds memory access",
        ),
        (
            "(call $set_result (i32.const 0) (i32.const 65530) (i32.const 7))",
            "out of bounds memory access",
        ),
    ] {
        let (answer, _) = run(&doing(body), roomy()).await;
        assert_eq!(answer, parked(&format!("trap: {trap}")), "{body}");
    }
}

#[tokio::test]
async fn a_trap_overrides_a_result() {
    let body = "(call $set_result (i32.const 0) (i32.const 0) (i32.const 0)) unreachable";
    let (answer, _) = run(&doing(body), roomy()).await;
    assert!(matches!(answer, Err(HookError::Permanent(_))));
}

#[tokio::test]
async fn memory_and_tables_are_limited() {
    // The result is the number of pages: 16 MiB of 64 KiB each.
    let grow = "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (call $set_result (memory.size) (i32.const 0) (i32.const 0))";
    let (answer, _) = run(&doing(grow), roomy()).await;
    assert_eq!(answer, parked("result 256"));
    let grow = "(call $set_result
        (table.grow 0 (ref.null func) (i32.const 1000000)) (i32.const 0) (i32.const 0))";
    let table = with_imports(&format!(
        r#"(table 1 funcref) (func (export "on_event") {grow})"#
    ));
    assert_eq!(run(&table, roomy()).await.0, parked("result -1"));
}

#[tokio::test]
async fn endless_recursion_is_a_trap() {
    let deep = with_imports(r#"(func $f (export "on_event") (call $f))"#);
    assert_eq!(
        run(&deep, roomy()).await.0,
        parked("trap: call stack exhausted")
    );
}

#[tokio::test]
async fn a_start_function_is_part_of_the_run() {
    let start = |body: &str| {
        with_imports(&format!(
            r#"(func $s {body}) (start $s) (func (export "on_event"))"#
        ))
    };
    let log = "(call $log (i32.const 0) (i32.const 0))";
    assert_eq!(run(&start(log), roomy()).await, (Ok(()), "\n".into()));
    let answer = run(&start("unreachable"), roomy()).await.0;
    assert_eq!(
        answer,
        parked("trap: wasm `unreachable` instruction executed")
    );
    let began = Instant::now();
    let (answer, _) = run(&start(FOR_EVER), roomy()).await;
    assert_eq!(answer, parked("ran out of fuel in its start function"));
    assert!(began.elapsed() < roomy().limit / 2);
}

#[tokio::test]
async fn a_module_too_large_for_an_instance_is_parked() {
    for (rest, part) in [
        (
            r#"(data (i32.const 65530) "too long")"#,
            "out of bounds memory",
        ),
        ("(table 1000000 funcref)", "table"),
    ] {
        let module = with_imports(&format!(r#"{rest} (func (export "on_event"))"#));
        let (answer, _) = run(&module, roomy()).await;
        let Err(HookError::Permanent(reason)) = answer else {
            panic!("{answer:?}");
        };
        assert!(reason.contains(part), "{reason}");
    }
}

#[tokio::test]
async fn each_event_has_a_fresh_instance() {
    let count = with_imports(
        r#"(global $n (mut i32) (i32.const 0))
        (func (export "on_event")
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
            (call $set_result
                (i32.add (i32.load8_u (i32.const 0)) (global.get $n)) (i32.const 0) (i32.const 0)))"#,
    );
    let hook = hook_of(&count, roomy());
    for _ in 0..3 {
        assert_eq!(deliver(&*hook).await.0, parked("result 2"));
    }
}

#[tokio::test]
async fn a_dropped_delivery_frees_its_permit() {
    let modules = Modules::new();
    modules.module("endless.wasm", &doing(FOR_EVER));
    modules.module("quick.wasm", &doing(""));
    let settings = Settings {
        at_once: 1,
        fuel: u64::MAX,
        ..roomy()
    };
    let mut found = modules.source(settings).scan();
    found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let [endless, quick] = [0, 1].map(|nth| found[nth].hook.clone().unwrap());
    let event = delivery();
    let given_up = timeout(SHORT, endless.deliver(&event)).await;
    assert!(given_up.is_err());
    let next = timeout(roomy().limit / 2, deliver(&*quick)).await;
    assert_eq!(next.unwrap().0, Ok(()));
}

#[tokio::test]
async fn waiting_for_hanging_hooks_has_a_limit() {
    let settings = Settings {
        at_once: 1,
        ..in_short()
    };
    let hook = hook_of(&doing(FOR_EVER), settings);
    let run = async || deliver(&*hook).await.0;
    let answers = join!(run(), run(), run(), run(), run());
    assert_eq!(answers.0, over_limit());
    let refused = HookError::Retry("too many hooks of this folder are running".into());
    assert_eq!(answers.4, Err(refused));
}

#[test]
fn the_servers_time_limit_is_longer_than_ours() {
    let settings = Settings::default();
    let pace = hook_of(&doing(""), settings).pace().unwrap();
    assert!(pace.limit > settings.limit * 4);
    assert_eq!(pace.waits.len(), 15);
    assert_eq!(pace.waits[..2], [1, 2].map(Duration::from_secs));
    assert_eq!(pace.waits[9..11], [512, 600].map(Duration::from_secs));
}

#[tokio::test]
async fn control_characters_are_removed_from_reasons_and_notes() {
    let module = format!(
        r#"(module {IMPORTS} (data (i32.const 0) "two\r\n lines\1b[31m\ff")
        (func (export "on_event")
            (call $log (i32.const 0) (i32.const 17))
            (call $set_result (i32.const 3) (i32.const 0) (i32.const 17))))"#
    );
    let (answer, notes) = run(&module, roomy()).await;
    assert_eq!(answer, parked("two\u{fffd} lines\u{fffd}[31m\u{fffd}"));
    assert_eq!(notes, "two\u{fffd}\n lines\u{fffd}[31m\u{fffd}\n");
}

#[tokio::test]
async fn a_long_reason_is_cut() {
    let body = "(memory.fill (i32.const 0) (i32.const 120) (i32.const 9000))
        (call $set_result (i32.const 3) (i32.const 0) (i32.const 9000))";
    assert_eq!(run(&doing(body), roomy()).await.0, parked(&"x".repeat(500)));
}

#[tokio::test]
async fn an_event_can_be_read_in_parts_and_not_beyond_its_end() {
    let rest = "(local $n i32)
        (local.set $n (call $event_read (i32.const 0) (i32.const 1) (i32.const 9)))
        (call $log (i32.const 0) (local.get $n))
        (local.set $n (call $event_read
            (i32.const 0) (i32.sub (call $event_len) (i32.const 3)) (i32.const 9)))
        (call $log (i32.const 0) (local.get $n))
        (call $set_result
            (call $event_read (i32.const 0) (i32.const -1) (i32.const 9)) (i32.const 0) (i32.const 0))";
    let (answer, notes) = run(&doing(rest), roomy()).await;
    let json = delivery().event.json();
    assert_eq!(answer, Ok(()));
    assert_eq!(
        notes,
        format!("{}\n{}\n", &json[1..10], &json[json.len() - 3..])
    );
}
