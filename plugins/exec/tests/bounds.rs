//! Programs that exceed their limits or leave processes behind.

mod support;

use std::time::{Duration, Instant};

use doorsign_exec::Settings;
use doorsign_hook::{HookError, NOTES_MAX_BYTES};
use rustix::process::{Pid, Signal, kill_process};
use support::{Pulse, ROOMY, SHORT, Scripts, deliver, delivery, is_busy, roomy, run, within};
use tokio::join;

fn over_limit(limit: Duration) -> Result<(), HookError> {
    Err(HookError::Retry(format!("not finished within {limit:?}")))
}

#[tokio::test]
async fn a_hanging_program_is_killed_with_its_children() {
    let scripts = Scripts::with(&format!(
        "{}echo so far; sleep 1000 & sh -c 'sleep 1000; :' | cat",
        Pulse::OPEN
    ));
    let pulse = Pulse::of(&scripts);
    let (answer, notes) = deliver(&*scripts.hook(within(SHORT))).await;
    assert_eq!(answer, over_limit(SHORT));
    assert_eq!(notes, "so far\n");
    pulse.ended().await;
}

#[tokio::test]
async fn children_of_a_program_are_killed_when_it_ends() {
    let scripts = Scripts::with(&format!("{}sleep 1000 & exit 0", Pulse::OPEN));
    let pulse = Pulse::of(&scripts);
    let (answer, _) = deliver(&*scripts.hook(roomy())).await;
    assert_eq!(answer, Ok(()));
    pulse.ended().await;
}

#[tokio::test]
async fn a_child_outside_the_group_does_not_delay_the_delivery() {
    let script =
        "setsid sh -c 'echo $$ > pid; exec sleep 1000' & until [ -s pid ]; do :; done; echo out";
    let scripts = Scripts::with(script);
    let began = Instant::now();
    let (answer, notes) = deliver(&*scripts.hook(roomy())).await;
    let took = began.elapsed();
    let left: i32 = scripts.read("pid").trim().parse().unwrap();
    kill_process(Pid::from_raw(left).unwrap(), Signal::KILL).unwrap();
    assert_eq!((answer, notes.as_str()), (Ok(()), "out\n"));
    assert!(took < ROOMY / 2, "{took:?}");
}

#[tokio::test]
async fn a_dropped_delivery_kills_its_program_and_children() {
    let scripts = Scripts::with(&format!("{}sleep 1000 & sleep 1000", Pulse::OPEN));
    let mut pulse = Pulse::of(&scripts);
    let hook = scripts.hook(roomy());
    tokio::select! {
        answer = deliver(&*hook) => panic!("{answer:?}"),
        () = pulse.begun() => {}
    }
    pulse.ended().await;
}

#[tokio::test]
async fn endless_output_neither_blocks_nor_fills_memory() {
    let (answer, notes) = run("yes", within(SHORT)).await;
    assert_eq!(answer, over_limit(SHORT));
    assert!(notes.starts_with("y\ny\n") && notes.ends_with("y\n…"));
    assert_eq!(notes.len(), NOTES_MAX_BYTES + "…".len());
}

#[tokio::test]
async fn a_program_may_print_more_than_is_kept() {
    let (answer, notes) = run("head -c 3000000 /dev/zero; echo done >> output", roomy()).await;
    assert_eq!(answer, Ok(()));
    assert!(notes.starts_with('\u{fffd}') && notes.ends_with('…'));
}

#[tokio::test]
async fn an_event_of_any_length_can_be_read_or_ignored() {
    let long = delivery(&"x".repeat(1 << 20)).event;
    for script in [
        "exit 0",
        "exec <&-; exit 0",
        "cat",
        "head -c 10; exit 0",
        "[ $(wc -c) -gt 1000000 ]",
    ] {
        let hook = Scripts::with(script);
        let hook = hook.hook(roomy());
        let delivery = doorsign_hook::Delivery::new(long.clone(), 1);
        let mut answer = hook.deliver(&delivery).await;
        while is_busy(&answer) {
            answer = hook.deliver(&delivery).await;
        }
        assert_eq!(answer, Ok(()), "{script}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_is_limited_in_the_program_and_its_children() {
    // Either would use 300 MB, because tail keeps a whole line.
    let settings = Settings {
        memory_max_bytes: 64 << 20,
        ..roomy()
    };
    for (script, code) in [
        ("head -c 300000000 /dev/zero | tail > /dev/null", 1),
        (
            "exec awk 'BEGIN { x = \"x\"; while (length(x) < 300000000) x = x x }'",
            2,
        ),
    ] {
        let (answer, notes) = run(script, settings).await;
        let failed = HookError::Permanent(format!("exit code {code}"));
        assert_eq!(answer, Err(failed), "{script}");
        assert!(notes.contains("memory"), "{notes}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn limits_apply_from_the_start_of_a_program() {
    let (_, notes) = run("read event; ulimit -d; ulimit -c", roomy()).await;
    assert_eq!(notes, format!("{}\n0\n", 512 << 10));
}

#[tokio::test]
async fn no_more_programs_run_at_once_than_allowed() {
    let scripts = Scripts::with("mkdir running || exit 1; ls > /dev/null; rmdir running");
    let settings = Settings {
        at_once: 1,
        ..roomy()
    };
    let hook = scripts.hook(settings);
    let run = async || deliver(&*hook).await.0;
    let answers = join!(run(), run(), run(), run(), run(), run(), run(), run());
    let expected = [(); 8].map(|()| Ok::<(), HookError>(()));
    assert_eq!(<[_; 8]>::from(answers), expected);
}

#[tokio::test]
async fn as_many_programs_run_at_once_as_allowed() {
    // Each waits for the other.
    let scripts = Scripts::new();
    scripts.script(
        "one",
        "echo > one.there; until [ -e two.there ]; do :; done",
    );
    scripts.script(
        "two",
        "echo > two.there; until [ -e one.there ]; do :; done",
    );
    let settings = Settings {
        at_once: 2,
        ..roomy()
    };
    let hooks = scripts.hooks(settings);
    let answers = join!(deliver(&*hooks[0]), deliver(&*hooks[1]));
    assert_eq!((answers.0.0, answers.1.0), (Ok(()), Ok(())));
}

#[tokio::test]
async fn waiting_for_hanging_hooks_has_a_limit() {
    let scripts = Scripts::with("sleep 1000");
    let limit = Duration::from_millis(200);
    let settings = Settings {
        at_once: 1,
        limit,
        ..Settings::default()
    };
    let hook = scripts.hook(settings);
    let run = async || deliver(&*hook).await.0;
    let answers = join!(run(), run(), run(), run(), run());
    assert_eq!(answers.0, over_limit(limit));
    let refused = HookError::Retry("too many hooks of this folder are running".into());
    assert_eq!(answers.4, Err(refused));
}

#[test]
fn the_servers_time_limit_is_longer_than_ours() {
    let settings = Settings::default();
    let pace = Scripts::with("").hook(settings).pace().unwrap();
    assert!(pace.limit > settings.limit * 4);
    assert_eq!(pace.waits.len(), 15);
    assert_eq!(pace.waits[..2], [1, 2].map(Duration::from_secs));
    assert_eq!(pace.waits[9..11], [512, 600].map(Duration::from_secs));
}
